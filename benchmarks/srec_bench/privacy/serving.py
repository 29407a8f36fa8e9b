"""The server under the watch: it answers, and is stopped."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from srec.errors import SRecError
from srec_bench.privacy.commands import line
from srec_bench.privacy.watch import Seen, Watch
from srec_bench.processes import free_port

_PATIENCE = 60.0
#: ONNX Runtime asked for its maker's address within a second of the first answer.
_LISTENING = 2.0


def watch_server(watch: Watch, workers: int) -> tuple[list[Seen], list[str]]:
    """Serve ``bundle`` for a moment.

    Args:
        watch: the watch.
        workers: how many processes answer.

    Returns:
        What was seen, and what of it is foreign.

    Raises:
        SRecError: the server does not answer.
    """
    port = free_port()
    words = ["serve", "bundle", "--port", str(port), "--workers", str(workers)]
    told = watch.told / "server"
    with told.open("wb") as output:
        server = subprocess.Popen(  # noqa: S603 -- our own command
            watch.traced(line(words)), env=watch.environment(), cwd=watch.folder, stdout=output, stderr=output
        )
        try:
            _answered(server, port)
            time.sleep(_LISTENING)
        finally:
            _end(server.pid)
            server.wait(timeout=30)
    seen = watch.seen()
    own = {f"127.0.0.1:{port}"}
    allowed = {"bind": own, "connect": own, "sendto": own, "ask": {"127.0.0.1"}}
    return seen, watch.foreign(seen, allowed)


def _answered(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{port}/ready") as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise SRecError("the server under the watch does not answer")


def _end(pid: int) -> None:
    """Tell the server to stop; where it runs under strace, the process that strace started."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    traced = children.read_text(encoding="ascii").split() if children.exists() else []
    under_strace = Path(f"/proc/{pid}/comm")
    if under_strace.exists() and under_strace.read_text(encoding="ascii").strip() == "strace":
        pid = int(traced[0]) if traced else pid
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
