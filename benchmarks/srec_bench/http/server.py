"""The server that ``srec bench http`` measures: production's app, plus a route with a constant answer.

``python -m srec_bench.http.server BUNDLE PORT BYTES``. The constant is BYTES long and costs no work. It
comes through the same server, middleware and router, as the answer to the same kind of POST.
"""

import sys
from pathlib import Path

from fastapi import FastAPI, Request, Response

from srec.serving.listening import bind
from srec.serving.server import ready_app, run

CONSTANT = "/constant"


def add_constant(app: FastAPI, size: int) -> None:
    """Add the route, before all others.

    Args:
        app: production's app.
        size: the size of the answer, in bytes.
    """
    content = b'{"constant":"%b"}' % (b"x" * (size - len(b'{"constant":""}')))

    @app.post(CONSTANT, include_in_schema=False)
    async def constant(request: Request) -> Response:
        await request.body()
        return Response(content, media_type="application/json")

    app.router.routes.insert(0, app.router.routes.pop())


def main(bundle: str, port: str, size: str) -> None:
    """Serve until the process gets a signal to stop."""
    app = ready_app(Path(bundle))
    assert isinstance(app, FastAPI)
    add_constant(app, int(size))
    run(app, bind("127.0.0.1", int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
