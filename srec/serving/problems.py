"""Every error the server answers with: a problem document (RFC 9457) that says what to change."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from srec.inference.recommender import UnknownGame
from srec.serving.headers import HEADERS
from srec.serving.library import NoLibrary

MEDIA_TYPE = "application/problem+json"
_SCHEMAS = "#/components/schemas/{model}"
logger = logging.getLogger("srec.serving")


class Wrong(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="the field or parameter")
    message: str = Field(description="what it should be")


class Problem(BaseModel):
    """Why a request was not answered, as RFC 9457 has it."""

    type: str = "about:blank"
    title: str = Field(description="the status in words")
    status: int
    detail: str = Field(description="what to change")
    errors: list[Wrong] = []


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI document says of an endpoint's problems."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _SCHEMAS.format(model=Problem.__name__)}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def describe(app: FastAPI) -> None:
    """Add the problems' schemas to the OpenAPI document; FastAPI does not know them."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        schema = Problem.model_json_schema(ref_template=_SCHEMAS)
        parts = schema.pop("$defs")
        document["components"]["schemas"] |= {**parts, Problem.__name__: schema}
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def problem(
    status: int, detail: str, *, errors: Sequence[Wrong] = (), headers: dict[str, str] | None = None
) -> JSONResponse:
    """A problem document as the answer.

    Args:
        status: the HTTP status.
        detail: what to change, for a person.
        errors: each thing that is wrong.
        headers: further headers.
    """
    found = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors))
    return JSONResponse(found.model_dump(), status, headers, MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Answer every error with a problem document."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = error.errors()
        if any(one["type"] == "json_invalid" for one in found):
            return problem(400, 'the body is not JSON: send an object such as {"liked": [620], "k": 10}')
        errors = [Wrong(where=_where(one["loc"]), message=_message(one)) for one in found[:10]]
        return problem(422, "; ".join(f"{one.where}: {one.message}" for one in errors), errors=errors)

    @app.exception_handler(UnknownGame)
    async def unknown(request: Request, error: UnknownGame) -> JSONResponse:
        return problem(404, str(error))

    @app.exception_handler(NoLibrary)
    async def no_library(request: Request, error: NoLibrary) -> JSONResponse:
        return problem(error.status, str(error))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, _detail(error), headers=headers)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        logger.error("a request failed", exc_info=error)
        # This answer passes no middleware, so it brings the headers itself.
        return problem(500, "the server failed; the request may be right", headers=HEADERS)


def _where(location: Sequence[int | str]) -> str:
    parts = [str(part) for part in location[1:]]
    return ".".join(parts) or str(location[0])


def _message(error: dict[str, Any]) -> str:
    if error["type"] in ("model_attributes_type", "model_type"):
        return "send a JSON object, with the header Content-Type: application/json"
    return str(error["msg"])


def _detail(error: HTTPException) -> str:
    if error.status_code == 404:
        return "there is nothing here: see /docs for what there is"
    if error.status_code == 405:
        return "this path does not take this method: see /docs"
    if error.status_code == 400:
        return "the body cannot be read: send JSON in UTF-8"
    return str(error.detail)
