"""A request to the app without a server: for checks before one listens, and for other people's servers."""

from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp, Message


async def post(app: ASGIApp, path: str, body: bytes) -> tuple[int, bytes]:
    """Post JSON to an app.

    Args:
        app: what answers.
        path: where to post, such as "/api/recommend".
        body: JSON in UTF-8.

    Returns:
        The HTTP status and the body of the answer.
    """
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": None,
        "server": None,
    }
    asked = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(asked, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    with suppress(Exception):  # what fails inside has been answered with status 500
        await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)
