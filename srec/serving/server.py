"""The server around the app: one process, or several that share a port and, mapped into memory, a bundle."""

import gc
import os
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from srec.inference.bundle import Bundle
from srec.serving.app import create_app

BUNDLE = "SREC_BUNDLE"


def serve(bundle: Path, host: str, port: int, workers: int = 1) -> None:
    """Serve a bundle until the process is told to stop; SIGHUP replaces several workers one after the other.

    Args:
        bundle: the bundle directory.
        host: the address to listen on.
        port: 0 for any that is free.
        workers: processes that answer; a worker that dies is replaced.

    Raises:
        ArtifactError: the bundle is missing, damaged or does not fit together.
    """
    if workers == 1:
        uvicorn.run(load(bundle), host=host, port=port, log_level="warning", access_log=False)
        return
    Bundle(bundle)  # what is wrong with it is said once, and not by every worker
    os.environ[BUNDLE] = str(bundle.absolute())
    uvicorn.run(
        "srec.serving.server:load_named",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level="warning",
        access_log=False,
    )


def load_named() -> FastAPI:
    """The app of a worker: the bundle is the one that the environment names."""
    return load(Path(os.environ[BUNDLE]))


def load(bundle: Path) -> FastAPI:
    """The app, ready to answer. What it holds stays, so the garbage collector need not look at it, now or later."""
    gc.disable()
    app = create_app(bundle)
    gc.freeze()
    gc.enable()
    return app
