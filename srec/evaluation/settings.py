"""The settings of the evaluation, and of what a visitor gets."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from srec.settings import Settings

BATCH_SIZE = 256


class EvaluationSettings(Settings):
    """Full ranking of the test window, with intervals over resampled sessions."""

    section: ClassVar[str] = "evaluation"
    ks: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (5, 10, 20), description="the list lengths K of HR@K, MRR@K and NDCG@K"
    )
    top: int = Field(10, ge=2, description="the list length of verdicts, slices and measures beyond accuracy")
    resamples: int = Field(1000, ge=100, description="bootstrap resamples of whole sessions")
    seed: int = Field(0, ge=0, description="seed of the resampling")
    batch_size: int = Field(BATCH_SIZE, ge=1, description="examples scored at once; it changes no result")
    max_length: int = Field(50, ge=1, le=200, description="how many of a session's newest items are input")


class VisitorSettings(Settings):
    """What a visitor gets: held-out players tell some of their games, and the others are expected."""

    section: ClassVar[str] = "visitors"
    length: int = Field(12, ge=2, description="the length of an answer")
    told: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (1, 3, 5, 10), min_length=1, description="how many games are told"
    )
    main: int = Field(3, ge=1, description="how many games are told where one number is shown; one of told")
    min_games: int = Field(8, ge=2, description="games that a player must like")
    most_played: int = Field(
        10, ge=1, description="where hours are known, this many games, the most played ones, are told first"
    )
    head: int = Field(50, ge=0, description="off-head games are not among this many most popular ones")
    most_popular: float = Field(
        0.5, ge=0, le=1, description="answers with a larger share of popular games are no recommendation"
    )
    draws: int = Field(2, ge=1, description="random orders of each player's games")
    players: int = Field(1000, ge=1, description="the most players; of more, some are drawn")
    popularity_weights: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0),
        min_length=1,
        description="the weights of popularity that a front is measured at",
    )
    seed: int = Field(0, ge=0, description="seed of the draws")

    @model_validator(mode="after")
    def _main_is_told(self) -> Self:
        if self.main not in self.told:
            raise ValueError("main must be one of told")
        if self.min_games <= self.main:
            raise ValueError("min_games must be above main, or nothing is left to expect")
        return self
