"""The API: requests in, games out. Types are strict, so a wrong one is told and not guessed at."""

import re
import weakref
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi import Request as Received
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from srec import __version__
from srec.inference.answers import Filters, Request
from srec.inference.golden import MOST_LIKED
from srec.serving.answering import Answering
from srec.serving.direct import DirectRoute
from srec.serving.problems import responses


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


Digits = BeforeValidator(_digits)
AppId = Annotated[int, Field(ge=1, lt=2**31, description="a Steam app id"), Digits]
JsonAppId = Annotated[int, Field(ge=1, lt=2**31), BeforeValidator(_number)]
RecommenderName = Literal["smart", "tags"]
K = Annotated[int, Query(ge=1, le=100, description="how many games"), Digits]


def _share(value: object) -> object:
    """JSON's numbers: no text and no truth value."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise PydanticCustomError("float_type", "Input should be a valid number")
    return value


AppIds = Annotated[list[JsonAppId], Field(max_length=MOST_LIKED)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=20)]
Year = Annotated[int, Field(ge=1900, le=2999), BeforeValidator(_number)]


class RequestedFilters(BaseModel):
    """What every answered game meets; one that lacks a fact does not meet a wish about it."""

    model_config = ConfigDict(extra="forbid")
    must: Tags = Field([], description="tags that it has, all of them")
    must_not: Tags = Field([], description="tags that it does not have")
    released_from: Year | None = Field(None, description="the first year of its release")
    released_to: Year | None = Field(None, description="the last one")
    most_cents: Annotated[int, Field(ge=0, lt=2**31), BeforeValidator(_number)] | None = Field(
        None, description="its highest list price, in US cents; 0: it is free"
    )


class RecommendRequest(BaseModel):
    """What a visitor likes and dislikes, and which games they want to see."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"liked": [620, 400], "k": 10, "recommender": "smart"}]},
    )
    liked: AppIds = Field(
        description="Steam app ids; a repeated one counts once; none: popular games. The order counts only"
        " where the bundle's model is a network, which takes them as the oldest liking first",
    )
    disliked: AppIds = Field(
        [],
        description="never answered, also if they are liked; games like them come later if scores are sums",
    )
    excluded: AppIds = Field([], description="never answered, and they say nothing, as games that one owns")
    popularity: Annotated[float, Field(ge=0, le=1), BeforeValidator(_share)] | None = Field(
        None,
        description="the weight of popularity, from 0 (only my taste) to 1 (what everybody plays); the"
        " bundle's own if left out. Scores that are no sums have none",
    )
    filters: RequestedFilters = Field(default_factory=RequestedFilters, description="all before the cut")
    k: Annotated[int, Field(ge=1, le=100), BeforeValidator(_number)] = Field(10, description="how many games")
    recommender: RecommenderName = Field("smart", description="the bundle's model, or similar weighted tags")

    def read(self) -> Request:
        """The request as the recommender takes it."""
        wishes = self.filters.model_dump() | {name: tuple(getattr(self.filters, name)) for name in _LISTS}
        return Request(
            self.liked,
            self.k,
            self.recommender,
            self.disliked,
            self.popularity,
            self.excluded,
            Filters(**wishes) if self.filters.model_fields_set else None,
        )


_LISTS = ("must", "must_not")


class Game(BaseModel):
    """A game, as far as it is known."""

    app_id: int
    name: str
    release_year: int | None
    price_usd_cents: int | None
    is_free: bool | None
    developers: list[str]
    genres: list[str]
    tags: list[str] = Field(description="the heaviest first")
    image_url: str | None = Field(description="the store's header image; null for a simulated game")
    store_url: str | None = Field(description="null for a simulated game")


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
    unknown: list[int] = Field(description="the liked and disliked app ids that are not known here")
    named: list[int] = Field(description="the known ones, those liked first; empty if the scores are no sums")
    popularity_weight: float | None = Field(description="in these scores; null if they are no sums")


class GamesResponse(BaseModel):
    """Games that were searched for or named."""

    games: list[Game]


class Version(BaseModel):
    """What is running."""

    srec: str
    bundle: str = Field(description="names the bundle's content")
    model: str
    games: int
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


def make_router(answering: Answering) -> APIRouter:
    """The endpoints. They do not keep alive what they answer from: the app has to.

    FastAPI remembers every endpoint for as long as the process runs, and a server swaps one app for another.

    Args:
        answering: what they answer from.
    """
    router, direct = APIRouter(), APIRouter(route_class=DirectRoute)
    there = weakref.proxy(answering)

    def json_response(content: bytes) -> Response:
        return Response(content, media_type="application/json")

    # Answered on the event loop: a thread and back would take longer. It is bytes already, so the response
    # model only stands in the OpenAPI document, and nothing is validated on the way out.
    @direct.post(
        "/api/recommend",
        response_model=RecommendResponse,
        responses=responses(400, 413, 422),
        tags=["games"],
    )
    async def recommend(request: RecommendRequest) -> Response:
        """The next games for those a visitor likes."""
        return json_response(await there.recommend(request.read()))

    router.include_router(direct)

    @router.get("/api/games", response_model=GamesResponse, responses=responses(422), tags=["games"])
    def games(
        q: Annotated[str, Query(max_length=100, description="a name, or how it begins")] = "",
        ids: Annotated[
            list[AppId] | None, Query(max_length=MOST_LIKED, description="instead of q: these games")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=50, description="how many hits"), Digits] = 10,
    ) -> Response:
        """Find games while a name is being typed, or name them by id; ids not known here are left out."""
        return json_response(there.games(q, ids, limit))

    @router.get(
        "/api/games/{app_id}/similar",
        response_model=RecommendResponse,
        responses=responses(404, 422),
        tags=["games"],
    )
    async def similar(
        app_id: AppId,
        k: K = 10,
        recommender_name: Annotated[RecommenderName, Query(alias="recommender")] = "smart",
    ) -> Response:
        """The next games for one game."""
        return json_response(there.similar(Request([app_id], k, recommender_name)))

    @router.get("/health", tags=["server"])
    async def health() -> Health:
        """The process answers."""
        return Health(scores_outside_bounds=there.recommender.index.counts.outside)

    @router.get("/ready", tags=["server"])
    async def ready() -> Status:
        """The bundle is loaded and checked: nothing is served before."""
        return Status()

    @router.get("/version", tags=["server"])
    async def version() -> Version:
        """What is running, and on which bundle."""
        bundle = there.bundle
        return Version(
            srec=__version__,
            bundle=bundle.fingerprint,
            model=str(bundle.config["model"]),
            games=len(bundle.games),
            simulated=bundle.simulated,
            kernel=there.recommender.index.kernel,
        )

    @router.get("/metrics", include_in_schema=False)
    async def metrics(request: Received) -> Response:
        content, media_type = there.metrics.write(request.headers.get("accept", ""))
        return Response(content, headers={"Content-Type": media_type})

    return router
