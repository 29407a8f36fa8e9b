"""The server around the app: one process, or several that share a port and, mapped into memory, a bundle."""

import gc
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from srec.errors import ArtifactError, SRecError
from srec.publishing.folder import Models, is_published
from srec.serving.app import create_app
from srec.serving.swapping import Swapping

BUNDLE = "SREC_BUNDLE"
GRACE = 10  # seconds that requests under way have when the server is told to stop
LOADING = 60  # seconds that a new worker may take to come up


def serve(
    bundle: Path,
    *,
    host: str,
    port: int,
    workers: int = 1,
    told: Callable[[str], None] = lambda line: None,
) -> None:
    """Serve a bundle until the process is told to stop; SIGHUP replaces several workers one after the other.

    Args:
        bundle: the bundle directory, or a folder of published versions: then each worker notices a new
            version, and swaps it in.
        host: the address to listen on.
        port: the port to listen on.
        workers: processes that answer; a worker that dies is replaced.
        told: called with a line that says where it listens, once the bundle and the address are checked.

    Raises:
        ArtifactError: the bundle is missing, damaged, does not fit together or fails its golden requests.
        SRecError: the address is not one of this machine, or is in use.
    """
    app: ASGIApp | str
    if workers == 1:
        app, more = ready_app(bundle), {}
    else:
        os.environ[BUNDLE] = str(bundle.absolute())
        # A worker that dies is replaced, again and again: so one process tries the bundle first.
        trial = multiprocessing.get_context("spawn").Process(target=worker_app)
        trial.start()
        trial.join()
        if trial.exitcode:
            raise ArtifactError(f"{bundle} cannot be served, for the reason above")
        app, more = "srec.serving.server:worker_app", {"factory": True, "workers": workers}
    _check_free(host, port)
    told(f"SRec on http://{f'[{host}]' if ':' in host else host}:{port} (API documentation: /docs)")
    run(app, host=host, port=port, **more)


def _check_free(host: str, port: int) -> None:
    """Listen for a moment: uvicorn reports an address that cannot be had late, and in many lines."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]
        raise SRecError(f"cannot listen on {host}, port {port}: {reason}") from None


def run(app: ASGIApp | str, *, host: str, port: int, **more: Any) -> None:
    """Run an app as this server does: without a log of visitors.

    Args:
        app: the app, or the name of a function that makes one.
        host: the address to listen on.
        port: the port to listen on.
        more: further arguments of ``uvicorn.run``.
    """
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        timeout_worker_healthcheck=LOADING,
        **more,
    )


def worker_app() -> ASGIApp:
    """The app of a worker, for the bundle that the environment names; a bad one ends the process."""
    try:
        return ready_app(Path(os.environ[BUNDLE]))
    except SRecError as error:
        sys.exit(f"error: {error}")


def ready_app(bundle: Path) -> ASGIApp:
    """The app, ready to answer, in a process whose garbage collector is told to leave it alone.

    What the app holds stays for as long as the process runs, so the collector need not look at it. Answers
    leave hardly any cycles behind, so it runs less often.

    Args:
        bundle: the bundle directory, or a folder of published versions.

    Raises:
        ArtifactError: as ``create_app``.
    """
    gc.disable()
    app: ASGIApp = Swapping(Models(bundle), create_app, _say) if is_published(bundle) else create_app(bundle)
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()
    if isinstance(app, Swapping):
        app.watch()
    return app


def _say(line: str) -> None:
    """Tell the owner; the command's own terminal may be a log."""
    sys.stderr.write(f"srec: {line}\n")
    sys.stderr.flush()
