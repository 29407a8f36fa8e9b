"""The tests' own PostgreSQL server, on a socket in a temporary folder, without anybody else's data."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from srec.errors import SRecError
from srec.store.connections.postgresql import PostgresConnection


def binaries() -> Path | None:
    """Where initdb and postgres are, if anywhere: Debian keeps them off the PATH."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True
    )
    with suppress(OSError, subprocess.CalledProcessError):
        told = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        folders.append(Path(told.stdout.strip()))
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


class PostgresServer:
    """It runs while its context is active; databases are named by their URLs."""

    def __init__(self, bin_folder: Path) -> None:
        self._bin = bin_folder
        self._process: subprocess.Popen[bytes] | None = None
        self._emptying: PostgresConnection | None = None
        # A server refuses to run as root, so root starts it as the user that Debian made for it.
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def __enter__(self) -> Self:
        # A socket's path may have 107 characters: pytest's folders are too deep.
        self.folder = Path(tempfile.mkdtemp(prefix="srec-pg-", dir="/tmp"))
        if self._as:
            os.chown(self.folder, self._as["user"], self._as["group"])
        command = [self._bin / "initdb", "-D", self.folder / "data", "-U", "srec", "--auth=trust"]
        more = ["--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run([*command, *more], check=True, capture_output=True, cwd=self.folder, **self._as)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_emptying()
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it answers; after a kill it recovers first."""
        command = [self._bin / "postgres", "-D", self.folder / "data", "-k", self.folder]
        settings = ["listen_addresses=", "max_connections=30", "shared_buffers=32MB", "autovacuum=off"]
        settings += ["fsync=off"]  # a kill, unlike a power cut, leaves what the system was given to write
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *(word for one in settings for word in ("-c", one))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self._as,
            )
        until = time.monotonic() + 30
        while True:
            try:
                PostgresConnection(self.url("postgres")).close()
                return
            except SRecError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.02)

    def kill(self) -> None:
        """Kill -9 it and everything that works for it: what it had not written is lost."""
        assert self._process is not None
        self._stop_emptying()
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for pid in (self._process.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        until = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < until:
            time.sleep(0.01)

    def url(self, database: str, user: str = "srec") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def run(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the superuser."""
        server = PostgresConnection(self.url(database))
        try:
            return server.ask(statement)
        finally:
            server.close()

    def fresh(self) -> str:
        """The URL of the emptied database ``test``; a new database each time would be much slower."""
        try:
            self._empty()
        except SRecError:  # a test ended all connections
            self._stop_emptying()
            self._empty()
        return self.url("test")

    def _empty(self) -> None:
        if self._emptying is None:
            if not self.run("SELECT 1 FROM pg_database WHERE datname = 'test'"):
                self.run("CREATE DATABASE test")
            self._emptying = PostgresConnection(self.url("test"), schema=None)
        self._emptying.ask("DROP SCHEMA IF EXISTS srec, public CASCADE")
        self._emptying.ask("CREATE SCHEMA public")

    def _stop_emptying(self) -> None:
        if self._emptying is not None:
            self._emptying.close()
            self._emptying = None
