"""A publisher of files on this machine, which breaks off, moves and asks for a login when it is told to."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Publisher(ThreadingHTTPServer):
    """Answers with the files that it has.

    Attributes:
        files: by path, what is published.
        status: what is answered instead; 200 is the file.
        breaks_after: bytes after which each answer breaks off; None sends all.
        tag: names the content; a request for the rest gets it only under the same name.
        asked: the ``Range`` of each request.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.status, self.kind, self.tag = 200, "application/gzip", '"1"'
        self.breaks_after: int | None = None
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        publisher = self.server
        publisher.asked.append(self.headers.get("Range", ""))
        content = publisher.files.get(self.path, b"")
        status, begin = publisher.status, 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if status == 200 and asked and self.headers.get("If-Range") == publisher.tag:
            status, begin = 206, int(asked[1])
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        rest = content[begin:]
        self.send_header("Content-Length", str(len(rest)))
        self.send_header("Content-Type", publisher.kind)
        self.send_header("ETag", publisher.tag)
        self.end_headers()
        self.wfile.write(rest[: publisher.breaks_after])

    def handle(self) -> None:
        with suppress(ConnectionError):  # a client that has seen enough
            super().handle()

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def publishing() -> Iterator[Publisher]:
    """A publisher at work."""
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
