"""Downloads files: an interrupted one goes on, and what came is checked before it has its name."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from srec import __version__
from srec.artifacts import write_json
from srec.errors import MissingLibrary, SRecError
from srec.fetch.sets import File, PublicSet
from srec.locks import lock

try:
    import httpx2
except ModuleNotFoundError:
    raise MissingLibrary("httpx2", "crawl") from None

RECORD = "fetched.json"
PIECE = 1 << 20
TIMEOUT = 60.0  # seconds without a byte
ATTEMPTS = 4
MOST = 4  # times the stated size; more is not what was published
_MAGIC = {".gz": b"\x1f\x8b", ".7z": b"7z\xbc\xaf\x27\x1c", ".zip": b"PK", ".parquet": b"PAR1"}
Progress = Callable[[str, int, int | None], None]


class Unfetched(SRecError):  # noqa: N818 -- it says what happened
    """A file is not to be had from its address."""


def fetch(
    chosen: PublicSet, folder: str | Path, progress: Progress = lambda name, done, total: None
) -> list[Path]:
    """Bring the files of a set into a folder; what is there already stays, and half of a file goes on.

    Args:
        chosen: the set.
        folder: where its files go; beside them, ``fetched.json`` records from where, when and what came.
        progress: called with a file's name, the bytes that are there and those of the whole, if known.

    Returns:
        The files.

    Raises:
        Unfetched: the publisher wants a login, an address has moved, or something else came. What came of
            a file so far is kept, and the same call goes on.
        SRecError: another process fetches into the folder, or a file is there that was not fetched.
        OSError: the disk is full, or a right is missing.
    """
    folder = Path(folder)
    if not chosen.files:
        raise Unfetched(
            f"its publisher wants a login or a form. Download it at {chosen.page}, then: {chosen.then}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        if lock(folder, held) is False:
            raise SRecError(f"another process fetches into {folder}: wait for it")
        headers = {"User-Agent": f"srec/{__version__}", "Accept-Encoding": "identity"}
        client = held.enter_context(httpx2.Client(headers=headers, timeout=TIMEOUT, follow_redirects=True))
        return [_Download(file, folder, chosen, client, progress).run() for file in chosen.files]


class _Download:
    """One file on its way."""

    def __init__(
        self, file: File, folder: Path, chosen: PublicSet, client: "httpx2.Client", progress: Progress
    ) -> None:
        self.file, self.folder, self.chosen = file, folder, chosen
        self._client, self._progress = client, progress
        self.target, self.part = folder / file.name, folder / f"{file.name}.part"
        self.state = folder / f"{file.name}.part.json"

    def run(self) -> Path:
        record = _read(self.folder / RECORD)
        known = record.get(self.file.name, {})
        if self.target.exists() and self.target.stat().st_size == known.get("bytes"):
            self._progress(self.file.name, known["bytes"], known["bytes"])
            return self.target
        self._refuse_others(known)
        for attempt in range(ATTEMPTS):
            try:
                tag = self._receive()
                break
            except httpx2.TransportError as error:
                if attempt + 1 == ATTEMPTS:
                    raise Unfetched(
                        f"{self.file.url} breaks off ({type(error).__name__}): the same command goes on"
                    ) from None
        digest = self._check(known.get("sha256"))
        with self.part.open("rb") as opened:
            os.fsync(opened.fileno())
        self.part.replace(self.target)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        facts = {"url": self.file.url, "bytes": self.target.stat().st_size, "sha256": digest}
        draft = self.folder / f"{RECORD}.draft"
        write_json(draft, record | {self.file.name: facts | {"etag": tag, "fetched_at": now}})
        draft.replace(self.folder / RECORD)
        self.state.unlink(missing_ok=True)
        return self.target

    def _refuse_others(self, known: dict[str, Any]) -> None:
        """Refuse to replace what was not fetched: that has a record, or a state while it is on its way."""
        if self.state.exists():
            return
        for file, ours in ((self.target, bool(known)), (self.part, False)):
            if os.path.lexists(file) and not ours:
                raise SRecError(f"{file} is there, and srec fetch did not bring it: move it away, or use it")

    def _receive(self) -> str:
        """Receive what is missing; returns the server's name for this content."""
        before = _read(self.state).get("etag", "")
        there = self.part.stat().st_size if self.part.exists() and before else 0
        headers = {"Range": f"bytes={there}-", "If-Range": before} if there else {}
        with self._answer(headers) as response:
            goes_on = response.status_code == 206 and response.headers.get("Content-Range", "").startswith(
                f"bytes {there}-"
            )
            there = there if goes_on else 0
            length = response.headers.get("Content-Length", "")
            total = there + int(length) if length.isdigit() else None
            tag = _strong(response.headers)
            write_json(self.state, {"etag": tag})
            self._fits(there, total)
            with self.part.open("r+b" if goes_on else "wb") as file:
                file.seek(there)
                file.truncate()
                for piece in response.iter_raw():
                    file.write(piece)
                    there += len(piece)
                    if there > MOST * self.file.megabytes * 1e6:
                        raise self._other("sends more than was published")
                    self._progress(self.file.name, there, total)
        if total is not None and there != total:
            raise httpx2.ReadError("the answer is not whole")
        return tag

    @contextmanager
    def _answer(self, headers: dict[str, str]) -> Iterator["httpx2.Response"]:
        with self._client.stream("GET", self.file.url, headers=headers) as response:
            status = response.status_code
            if status == 416 and headers:
                self.part.unlink()
                raise httpx2.ReadError("there is no more of it")
            if status in (401, 402, 403, 407):
                raise self._other(f"wants a login (HTTP {status})")
            if status in (404, 410):
                raise self._other(f"has moved (HTTP {status})")
            if status >= 500 or status == 429:
                raise httpx2.ReadError(f"HTTP {status}")
            if status not in (200, 206):
                raise self._other(f"answers with HTTP {status}")
            if response.headers.get("Content-Type", "").startswith("text/html"):
                raise self._other("answers with a page and not with the file: it has moved, or wants a login")
            yield response

    def _fits(self, there: int, total: int | None) -> None:
        needed = (total or int(self.file.megabytes * 1e6)) - there
        free = shutil.disk_usage(self.folder).free
        if needed > free:
            raise SRecError(
                f"{self.folder} has {free / 1e6:,.0f} MB free, and {needed / 1e6:,.0f} MB are to come"
            )

    def _check(self, before: str | None) -> str:
        """The digest of what came, if it is what it should be; else it is thrown away."""
        digest = hashlib.sha256()
        with self.part.open("rb") as file:
            head = file.read(16)
            file.seek(0)
            while piece := file.read(PIECE):
                digest.update(piece)
        found = digest.hexdigest()
        magic = _MAGIC.get(self.target.suffix, b"")
        wanted = self.file.sha256
        if not head.startswith(magic):
            self._forget()
            raise self._other(f"sends no {self.target.suffix} file")
        if wanted and found != wanted:
            self._forget()
            raise self._other(f"sends something else: its SHA-256 is {found[:12]}..., not {wanted[:12]}...")
        if before and found != before and not wanted:
            self._progress(f"{self.file.name} has changed since it was fetched last", 0, None)
        return found

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.state.unlink(missing_ok=True)

    def _other(self, said: str) -> Unfetched:
        return Unfetched(
            f"{self.file.url} {said}. Download it at {self.chosen.page}, then:"
            f" {self.chosen.then.format(folder=self.folder)}"
        )


def _strong(headers: "httpx2.Headers") -> str:
    """What names this content exactly, for going on with it: a strong tag, or else its date."""
    tag = str(headers.get("ETag", ""))
    return str(headers.get("Last-Modified", "")) if not tag or tag.startswith("W/") else tag


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
