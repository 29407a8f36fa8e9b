"""Static files whose address changes with them, so that browsers keep them for good."""

import hashlib
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEEP = (b"cache-control", b"public, max-age=31536000, immutable")


def stamp_of(folder: Path) -> str:
    """A name for what the files of a folder hold."""
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


class Lasting:
    """Says of each answer that it may be kept.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the request; what is not there is not kept."""

        async def send_lasting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                message["headers"] = [*message.get("headers", ()), _KEEP]
            await send(message)

        await self.app(scope, receive, send_lasting)
