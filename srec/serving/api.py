"""The API: requests in, games out."""

import weakref
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi import Request as Received
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from srec.inference.answers import Request
from srec.inference.golden import MOST_LIKED
from srec.serving.answering import Answering
from srec.serving.bringing import library_router
from srec.serving.direct import DirectRoute
from srec.serving.problems import responses
from srec.serving.schema import (
    MOST_LETTERS,
    MOST_NAMES,
    AppId,
    Digits,
    GamesResponse,
    Health,
    NamesResponse,
    RecommenderName,
    RecommendRequest,
    RecommendResponse,
    RequestedFilters,
    Status,
    TagCount,
    TagsResponse,
    Version,
)

K = Annotated[int, Query(ge=1, le=100, description="how many games"), Digits]
Name = Annotated[str, Field(min_length=1, max_length=MOST_LETTERS)]


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
        named = request.names
        meant = await run_in_threadpool(there.meant, named) if named else {}
        unknown = [name for name in named if name not in meant]
        return json_response(await there.recommend(request.read(meant), unknown))

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

    @router.get("/api/names", response_model=NamesResponse, responses=responses(422), tags=["games"])
    def read_names(
        name: Annotated[
            list[Name], Query(min_length=1, max_length=MOST_NAMES, description="may be repeated")
        ],
    ) -> Response:
        """Read a list of names: which game each one means, or what it may mean."""
        return json_response(there.read(name))

    @router.get("/api/tags", tags=["games"])
    def tags() -> TagsResponse:
        """The tags and platforms that filters can name."""
        return counted(RequestedFilters())

    @router.post("/api/tags", responses=responses(400, 413, 422), tags=["games"])
    def tags_left(filters: RequestedFilters) -> TagsResponse:
        """The same of the games that meet filters: how many each further one would leave."""
        return counted(filters)

    def counted(filters: RequestedFilters) -> TagsResponse:
        found = there.recommender.counts(filters.read())
        tags = [TagCount(name=name, games=games) for name, games in found.tags.items()]
        return TagsResponse(tags=tags, platforms=found.platforms)

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

    if answering.libraries is not None:
        router.include_router(library_router(answering))

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
        return Version(**there.version())

    @router.get("/metrics", include_in_schema=False)
    async def metrics(request: Received) -> Response:
        content, media_type = there.metrics.write(request.headers.get("accept", ""))
        return Response(content, headers={"Content-Type": media_type})

    return router
