"""The endpoint that reads a visitor's Steam library, and what goes into it and comes out."""

import weakref

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from srec.serving.answering import Answering
from srec.serving.problems import responses


class ProfileRequest(BaseModel):
    """Whose library is brought."""

    model_config = ConfigDict(strict=True, extra="forbid")
    profile: str = Field(
        min_length=1,
        max_length=300,
        description="the address of a Steam profile, or its 17 digits",
        examples=["https://steamcommunity.com/id/NAME"],
    )


class LibraryResponse(BaseModel):
    """What a library says, of the games known here."""

    liked: list[int] = Field(description="app ids of the games played most")
    owned: list[int] = Field(description="app ids of others")
    games: int = Field(description="how many games the library has")


def library_router(answering: Answering) -> APIRouter:
    """The endpoint; it does not keep alive what it answers from, as those of ``make_router``.

    Args:
        answering: what it answers from.
    """
    router, there = APIRouter(), weakref.proxy(answering)

    @router.post("/api/library", responses=responses(400, 403, 404, 413, 422, 429, 502), tags=["games"])
    def library(request: ProfileRequest) -> LibraryResponse:
        """Read a Steam library: what was played most, and what else is owned. Nothing is kept."""
        return LibraryResponse(**vars(there.library(request.profile)))

    return router
