"""The server around the app: one process, or several that share a port and, mapped into memory, a bundle."""

import functools
import gc
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from starlette.types import ASGIApp

from srec.errors import ArtifactError, SRecError
from srec.publishing.folder import Models, is_published
from srec.serving.app import create_app
from srec.serving.connection import Limits
from srec.serving.counts import Counts, Table
from srec.serving.listening import bind
from srec.serving.logs import Logged, log_to_stderr
from srec.serving.master import Master, Patience
from srec.serving.site import Site
from srec.serving.swapping import Swapping
from srec.serving.worker import Worker


def serve(
    bundle: Path,
    *,
    host: str,
    port: int,
    workers: int = 1,
    aliases: Sequence[Path] = (),
    site: Site | None = None,
    limits: Limits | None = None,
    patience: Patience | None = None,
    logged: Logged = "text",
    told: Callable[[str], None] = lambda line: None,
) -> None:
    """Serve a bundle until the process is told to stop; SIGHUP replaces several workers one after the other.

    Args:
        bundle: the bundle directory, or a folder of published versions: then each worker notices a new
            version, and swaps it in.
        host: the address to listen on; ``::`` is every address, IPv4 included.
        port: the port to listen on.
        workers: processes that answer; a worker that dies or hangs is replaced.
        aliases: tables of other names that the search knows (see ``srec.inference.aliases``).
        site: as for ``create_app``.
        limits: what each process grants its visitors; the defaults where None.
        patience: how long several workers are waited for; the defaults where None.
        logged: what several workers write on the error output; of this process, its caller decides.
        told: called with a line that says where it listens, once it does.

    Raises:
        ArtifactError: the bundle is missing, damaged, does not fit together or fails its golden requests.
        SRecError: the address is not one of this machine, or is in use.
    """
    root = site.root_path if site else ""
    where = f"[{host}]" if ":" in host else host or "[::]"

    def started() -> None:
        told(f"SRec on http://{where}:{port}{root} (API documentation: {root}/docs)")

    limits = limits or Limits()
    if workers == 1:
        counts = Counts()
        app = ready_app(bundle, counts, aliases, site=site)
        run(app, bind(host, port), limits=limits, counts=counts, started=started)
    else:
        # While all are replaced, those that leave are there too; each further one shares a row.
        table = Table(2 * workers + 8)
        load = functools.partial(ready_app, bundle.absolute(), aliases=tuple(aliases), site=site)
        work = functools.partial(_work, load, limits, table, logged)
        sockets = bind(host, port)
        master = Master(work, sockets, count=workers, patience=patience or Patience(), started=started)
        if not master.run():
            raise ArtifactError(f"{bundle} cannot be served, for the reason above")


def run(
    app: ASGIApp,
    sockets: list[socket.socket],
    *,
    limits: Limits | None = None,
    counts: Counts | None = None,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Run an app in this process as this server does: within limits, and without a log of visitors.

    Args:
        app: what answers.
        sockets: what it listens on (see ``listening``).
        limits: what visitors are granted; the defaults where None.
        counts: where refused requests are counted.
        started: called once it listens.
    """
    with suppress(KeyboardInterrupt):
        Worker(app, limits or Limits(), counts=counts, started=started).run(sockets)


def _work(
    load: Callable[[Counts], ASGIApp],
    limits: Limits,
    table: Table,
    logged: Logged,
    sockets: list[socket.socket],
    alive: Callable[[], bool],
    place: int,
) -> None:
    """What each of several workers runs; a bad bundle ends it."""
    # Ctrl-C goes to all of a terminal's processes; the master tells its workers what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log_to_stderr(logged)
    counts = Counts(table, place)
    try:
        app = load(counts)
    except SRecError as error:
        sys.exit(f"error: {error}")
    Worker(app, limits, counts=counts, alive=alive).run(sockets)


def ready_app(
    bundle: Path, counts: Counts | None = None, aliases: Sequence[Path] = (), *, site: Site | None = None
) -> ASGIApp:
    """The app, ready to answer, in a process whose garbage collector is told to leave it alone.

    What the app holds stays for as long as the process runs, so the collector need not look at it. Answers
    leave hardly any cycles behind, so it runs less often.

    Args:
        bundle: the bundle directory, or a folder of published versions.
        counts: where answers are counted.
        aliases: as for ``create_app``.
        site: as for ``create_app``.

    Raises:
        SRecError: as ``create_app``.
    """
    gc.disable()
    load = functools.partial(create_app, counts=counts, aliases=aliases, site=site)
    app: ASGIApp = Swapping(Models(bundle), load, counts) if is_published(bundle) else load(bundle)
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()
    if isinstance(app, Swapping):
        app.watch()
    return app
