"""The handler that a TorchServe archive names: it passes each request on to SRec's own app, in this process.

So TorchServe answers what ``srec serve`` answers to POST /api/recommend, refusals included. It imports
nothing of TorchServe, whose workers call it. See ``examples/torchserve``.
"""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from starlette.types import ASGIApp

from srec.serving.app import create_app
from srec.serving.in_process import post

PATH = "/api/recommend"
BUNDLE = "bundle"  # where in the archive the bundle is


class Context(Protocol):
    """What TorchServe tells a handler, and what the handler tells it."""

    system_properties: dict[str, Any]

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        """The HTTP status of the answer at a place of the batch."""

    def set_response_content_type(self, idx: int, value: str) -> None:
        """Its content type."""


class Handler:
    """One worker's app; TorchServe calls it from one thread."""

    def initialize(self, context: Context) -> None:
        """Open the bundle of the archive and check it.

        Raises:
            ArtifactError: it is damaged, or does not answer as the trained model did.
        """
        self._app: ASGIApp = create_app(Path(context.system_properties["model_dir"]) / BUNDLE)

    def handle(self, data: Sequence[dict[str, Any]], context: Context) -> list[str]:
        """The answers to a batch of requests, each as JSON.

        Args:
            data: a request each, its body under "body" or "data".
            context: it is told the status of each answer.
        """
        bodies = [_encoded(row.get("body", row.get("data"))) for row in data]
        answers = asyncio.run(self._answer(bodies))
        for place, (status, _) in enumerate(answers):
            context.set_response_status(code=status, idx=place)
            context.set_response_content_type(place, "application/json")
        return [answer.decode() for _, answer in answers]

    async def _answer(self, bodies: Sequence[bytes]) -> list[tuple[int, bytes]]:
        return list(await asyncio.gather(*(post(self._app, PATH, body) for body in bodies)))


def _encoded(body: Any) -> bytes:
    """The body as it was sent; TorchServe has parsed what is sent as JSON."""
    return bytes(body) if isinstance(body, bytes | bytearray) else json.dumps(body).encode()
