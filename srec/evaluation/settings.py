"""The settings of the evaluation."""

from typing import Annotated, ClassVar

from pydantic import Field

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
