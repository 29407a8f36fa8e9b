"""The app: the API, the page, and the rules for every answer (size limits, headers, no cookies)."""

import weakref
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import QueryParams
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from srec import __version__
from srec.inference.aliases import read_aliases
from srec.inference.bundle import Bundle
from srec.inference.naming import Names
from srec.inference.recommender import Recommender, UnknownGame
from srec.serving.answering import Answering
from srec.serving.api import make_router
from srec.serving.counts import Counts
from srec.serving.headers import SafeHeaders
from srec.serving.lasting import Lasting, stamp_of
from srec.serving.library import NoLibrary
from srec.serving.plain import PlainPage
from srec.serving.problems import add_handlers, describe, problem
from srec.serving.rooted import Rooted
from srec.serving.site import Site
from srec.serving.verification import check_api
from srec.serving.watched import Watched

STATIC = Path(__file__).with_name("static")
MOST_BYTES = 64 * 1024
CLOSE = {"Connection": "close"}  # the rest of the body is not read
_VARY = {"Vary": "Accept-Language"}


def create_app(
    bundle: Path,
    counts: Counts | None = None,
    *,
    aliases: Sequence[Path] = (),
    site: Site | None = None,
) -> FastAPI:
    """The app that serves one bundle.

    Args:
        bundle: the bundle directory; it is verified before anything is served.
        counts: where answers are counted, for /metrics; None means the app's own.
        aliases: tables of other names that the search knows (see ``srec.inference.aliases``).
        site: the site around the server; one of its own, with Steam's pages and pictures, where None.

    Raises:
        ArtifactError: the bundle is missing, damaged or does not fit together; or the engine or this app
            answers its golden requests differently than the trained model did.
        SRecError: a table of names cannot be read.
    """
    opened, site = Bundle(bundle), site or Site()
    # The search comes first: the recommender can then use the memory that building it took for a while.
    names = Names(opened, read_aliases(aliases))
    recommender = Recommender(opened)
    app = FastAPI(
        title="SRec",
        version=__version__,
        description="Recommends Steam games to anonymous visitors.",
        docs_url=None,
        redoc_url=None,
        servers=[{"url": "."}],  # beside the document, under whatever path a proxy puts both
        redirect_slashes=False,  # a redirect would send visitors to whatever host the request names
    )
    counted = Counts()
    app.state.answering = answering = Answering(recommender, names, counted, site=site)
    app.include_router(make_router(answering))
    add_handlers(app)
    describe(app)
    files = GZipMiddleware(StaticFiles(directory=STATIC))
    stamp = stamp_of(STATIC)
    app.mount(f"/static/{stamp}", Lasting(files))  # before the other, which has no such folder
    app.mount("/static", files)

    app.state.page = written = PlainPage(answering, stamp)
    there = weakref.proxy(written)  # FastAPI remembers endpoints for as long as the process runs

    @app.get("/", include_in_schema=False)
    def page(request: Request) -> HTMLResponse:
        return HTMLResponse(there.render(request.query_params, _language(request)), headers=_VARY)

    @app.get("/game/{app_id}", include_in_schema=False)
    def game(request: Request, app_id: str) -> HTMLResponse:
        known = int(app_id) if app_id.isascii() and app_id.isdigit() and len(app_id) <= 10 else 0
        written = there.render_game(known, request.query_params, _language(request))
        if written is None:
            raise UnknownGame(f"there is no game {app_id[:20]} here: search for those there are")
        return HTMLResponse(written, headers=_VARY)

    if answering.libraries is not None:

        @app.post("/library", include_in_schema=False)
        async def library(request: Request) -> Response:
            form = QueryParams((await request.body()).decode(errors="replace"))
            try:
                address = await run_in_threadpool(there.bring, form)
            except NoLibrary as error:
                page = there.render(form, _language(request), told=f"library_{error.status}")
                return HTMLResponse(page, error.status, headers=_VARY)
            return RedirectResponse("./" + address.removeprefix("./"), 303)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> FileResponse:
        return FileResponse(STATIC / "docs.html")

    app.add_middleware(BodyLimit)
    app.add_middleware(HeadAsGet)
    if site.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=site.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type"],
            max_age=86_400,
        )
    app.add_middleware(SafeHeaders, site=site)
    app.add_middleware(Watched, counts=counted)
    if site.root_path:
        app.add_middleware(Rooted, root_path=site.root_path)
    check_api(app, opened.golden)
    counted.join(counts or Counts())  # golden requests are no visitors
    return app


def _language(request: Request) -> str:
    return request.headers.get("accept-language", "")


class HeadAsGet:
    """Answers HEAD, which monitors send, as GET; the server leaves the body out.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the request."""
        asked = {**scope, "method": "GET"} if scope.get("method") == "HEAD" else scope
        await self.app(asked, receive, send)


class BodyLimit:
    """Refuses a request whose body is too large, by its announced length or while it is read.

    Args:
        app: what answers the others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the request, or answer 413."""
        detail = f"the body has more than {MOST_BYTES:,} bytes: send fewer games"
        announced = dict(scope.get("headers", ())).get(b"content-length", b"0")
        if announced.isdigit() and int(announced[:20]) > MOST_BYTES:
            await problem(413, detail, headers=CLOSE)(scope, receive, send)
            return
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MOST_BYTES:
                raise HTTPException(413, detail, headers=CLOSE)
            return message

        await self.app(scope, receive_limited, send)
