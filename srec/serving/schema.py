"""What goes into the API and what comes out. Types are strict, so a wrong one is told and not guessed at."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from srec.inference.answers import Filters, Request
from srec.inference.golden import MOST_LIKED


def _number(value: object) -> object:
    """JSON's integers: 10 and 10.0, but no text and no truth value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


def _digits(value: object) -> object:
    """A number in an address has one spelling: Python's int would also take 1_0, +10, 10.0 and blanks."""
    if isinstance(value, str) and not re.fullmatch("0|-?[1-9][0-9]{0,18}", value):
        raise PydanticCustomError("int_parsing", "Input should be a valid integer, digits only")
    return value


MOST_LETTERS = 100  # of a name
MOST_NAMES = 20
Digits = BeforeValidator(_digits)
AppId = Annotated[int, Field(ge=1, lt=2**31, description="a Steam app id"), Digits]
RecommenderName = Literal["smart", "tags"]


def _share(value: object) -> object:
    """JSON's numbers: no text and no truth value."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise PydanticCustomError("float_type", "Input should be a valid number")
    return value


def _named(value: object) -> int | str:
    """An app id, an id of the owner's own, or a name."""
    if isinstance(value, str):
        if not 1 <= len(value) <= MOST_LETTERS:
            raise PydanticCustomError("string_length", f"A name should have 1 to {MOST_LETTERS} letters")
        if re.fullmatch("[0-9]{1,10}", value):
            raise PydanticCustomError("int_type", "Input should be a valid integer where it is an app id")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise PydanticCustomError("int_type", "Input should be a valid integer, an app id, or a name")
    if value < 1:
        raise PydanticCustomError("greater_than_equal", "Input should be greater than or equal to 1")
    if value >= 2**31:
        raise PydanticCustomError("less_than", f"Input should be less than {2**31}")
    return int(value)


NamedGame = Annotated[
    int | str,
    PlainValidator(_named),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "exclusiveMaximum": 2**31},
                {"type": "string", "minLength": 1, "maxLength": MOST_LETTERS, "pattern": "[^0-9]|[0-9]{11}"},
            ]
        }
    ),
]


def _few_names(named: list[int | str]) -> list[int | str]:
    """A name takes as long to read as a hundred answers, an id nothing."""
    if sum(isinstance(one, str) for one in named) > MOST_NAMES:
        message = f"At most {MOST_NAMES} games may be named by name: ask /api/names for their ids"
        raise PydanticCustomError("too_many_names", message)
    return named


NamedGames = Annotated[list[NamedGame], Field(max_length=MOST_LIKED), AfterValidator(_few_names)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=20)]
Year = Annotated[int, Field(ge=1900, le=2999), BeforeValidator(_number)]


class RequestedFilters(BaseModel):
    """What every answered game meets; one that lacks a fact does not meet a wish about it."""

    model_config = ConfigDict(extra="forbid")
    must: Tags = Field([], description="tags that it has, all of them")
    must_not: Tags = Field([], description="tags that it does not have")
    released_from: Year | None = Field(None, description="the first year of its release")
    released_to: Year | None = Field(None, description="the last one")
    platforms: Annotated[list[Literal["windows", "mac", "linux"]], Field(max_length=3)] = Field(
        [], description="what it runs on, all of them"
    )
    unrated: bool = Field(
        False, description="only games that nobody reviewed, by their tags; else only those that somebody did"
    )
    most_cents: Annotated[int, Field(ge=0, lt=2**31), BeforeValidator(_number)] | None = Field(
        None, description="its highest list price, in US cents; 0: it is free"
    )

    def read(self) -> Filters:
        """The filters as the recommender takes them."""
        return Filters(**(self.model_dump() | {name: tuple(getattr(self, name)) for name in _LISTS}))


class RecommendRequest(BaseModel):
    """What a visitor likes and dislikes, and which games they want to see."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"liked": [620, 400], "k": 10, "recommender": "smart"}]},
    )
    liked: NamedGames = Field(
        description="Steam app ids, the owner's own ids, or names; a repeated one counts once; none: popular"
        " games. The order counts unless the bundle's model is a sum: the oldest liking comes first",
    )
    disliked: NamedGames = Field(
        [],
        description="never answered, also if they are liked; games like them come later if scores are sums",
    )
    excluded: NamedGames = Field(
        [], description="never answered, and they say nothing, as games that one owns"
    )
    popularity: Annotated[float, Field(ge=0, le=1), BeforeValidator(_share)] | None = Field(
        None,
        description="the weight of popularity, from 0 (only my taste) to 1 (what everybody plays); the"
        " bundle's own if left out. Scores that are no sums have none",
    )
    filters: RequestedFilters = Field(default_factory=RequestedFilters, description="all before the cut")
    variety: Annotated[float, Field(ge=0, le=1), BeforeValidator(_share)] = Field(
        0, description="from 0, the best games, to 1, games whose tags are little alike"
    )
    seed: Annotated[int, Field(ge=0, lt=2**31), BeforeValidator(_number)] | None = Field(
        None, description="of a draw among the best games; null: none is drawn, the best are answered"
    )
    k: Annotated[int, Field(ge=1, le=100), BeforeValidator(_number)] = Field(10, description="how many games")
    recommender: RecommenderName = Field("smart", description="the bundle's model, or similar weighted tags")

    @property
    def names(self) -> list[str]:
        """The games that are named by name and not by id, each once."""
        named = (*self.liked, *self.disliked, *self.excluded)
        return list(dict.fromkeys(one for one in named if isinstance(one, str)))

    def read(self, meant: Mapping[str, int]) -> Request:
        """The request as the recommender takes it.

        Args:
            meant: the app ids of names; games with other names are left out.
        """
        return Request(
            _ids(self.liked, meant),
            self.k,
            self.recommender,
            _ids(self.disliked, meant),
            self.popularity,
            _ids(self.excluded, meant),
            self.filters.read() if self.filters.model_fields_set else None,
            self.variety,
            self.seed,
        )


def _ids(named: Sequence[int | str], meant: Mapping[str, int]) -> list[int]:
    read = [meant.get(one) if isinstance(one, str) else one for one in named]
    return [app_id for app_id in read if app_id is not None]


_LISTS = ("must", "must_not", "platforms")


class Game(BaseModel):
    """A game, as far as it is known."""

    app_id: int
    id: str = Field(description="what the owner of the site calls it; else the app id")
    name: str
    release_year: int | None
    price_usd_cents: int | None
    is_free: bool | None
    developers: list[str]
    genres: list[str]
    platforms: list[str] = Field(description="windows, mac, linux; empty where it is not known")
    tags: list[str] = Field(description="the heaviest first")
    image_url: str | None = Field(
        description="its picture; null for a simulated game, or where the site has none"
    )
    store_url: str | None = Field(description="its page in the shop; null likewise")


class RecommendedGame(Game):
    """A game of an answer."""

    score: float = Field(description="comparable within one answer only")
    parts: list[float] | None = Field(
        description="of the named games in the score, in the order of `named`; null if it is no sum"
    )
    quality: float | None = Field(
        description="its part in the score, by how few dislike the game; null if the score is no sum"
    )
    popularity: float | None = Field(description="its part in the score; null if the score is no sum")
    shared_tags: list[str] = Field(description="in common with the liked games, the heaviest first")


class RecommendResponse(BaseModel):
    """Games, best first."""

    recommender: Literal["smart", "tags", "popular"] = Field(
        description='who answered: "popular" where no liked game was known (or, for tags, has tags)'
    )
    games: list[RecommendedGame]
    unknown: list[int | str] = Field(
        description="the liked and disliked app ids that are not known here, and the names of which that is"
        " so or unclear; /api/names says what they may mean"
    )
    named: list[int] = Field(description="the known ones, those liked first; empty if the scores are no sums")
    popularity_weight: float | None = Field(description="in these scores; null if they are no sums")
    without: dict[str, int] = Field(
        description="where filters leave fewer games than were asked for: how many there would be if one of"
        " the filters, by its name, were left out"
    )


class GamesResponse(BaseModel):
    """Games that were searched for or named."""

    games: list[Game]
    sure: bool = Field(
        description="whether the first one is meant; else there is no such game here, or it is unclear which"
    )


class ReadName(BaseModel):
    """A name, and the games that it may mean."""

    name: str
    sure: bool = Field(description="whether the first game is meant")
    games: list[Game] = Field(description="the likeliest first")


class NamesResponse(BaseModel):
    """What each name means, in the order given."""

    names: list[ReadName]


class TagCount(BaseModel):
    """A tag."""

    name: str
    games: int = Field(description="how many games have it")


class TagsResponse(BaseModel):
    """The tags of games, the most frequent first."""

    tags: list[TagCount]
    platforms: dict[str, int] = Field(description="how many games run on each; empty where none is known")


class Version(BaseModel):
    """What is running."""

    srec: str
    bundle: str = Field(description="names the bundle's content")
    model: str
    games: int
    popularity_weight: float | None = Field(description="of the bundle; null if its scores are no sums")
    simulated: bool = Field(description="whether the games are invented")
    kernel: str = Field(description="the scan of the items in use")


class Status(BaseModel):
    """Whether all is well."""

    status: Literal["ok"] = "ok"


class Health(Status):
    """Whether all is well, and what must never happen."""

    scores_outside_bounds: int = Field(
        description="since the start; more than 0 says that memory is damaged or a proof is wrong"
    )
