"""Public sets are brought whole, or it is said why not and what to do."""

import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fakes.publisher import Publisher, publishing
from typer.testing import CliRunner

from srec.cli import app
from srec.errors import SRecError
from srec.fetch import sets
from srec.fetch.download import ATTEMPTS, RECORD, Unfetched, fetch
from srec.fetch.sets import SETS, File, PublicSet
from srec.locks import lock

CONTENT = gzip.compress(random.Random(0).randbytes(3_000_000))


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as server:
        server.files["/reviews.json.gz"] = CONTENT
        yield server


def public(publisher: Publisher, sha256: str | None = None, megabytes: float = 3) -> PublicSet:
    file = File(f"{publisher.url}/reviews.json.gz", megabytes, sha256)
    return PublicSet("https://example.org/data", "none", "reviews", "srec ingest STORE {folder}", (file,))


def test_a_set_is_brought_and_recorded_and_not_brought_again(publisher: Publisher, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    (file,) = fetch(public(publisher), tmp_path, lambda name, done, total: seen.append((done, total)))
    assert file.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    record = json.loads((tmp_path / RECORD).read_text())["reviews.json.gz"]
    assert record["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert record["url"] == f"{publisher.url}/reviews.json.gz"
    fetch(public(publisher), tmp_path)
    assert publisher.asked == [""]
    assert {one.name for one in tmp_path.iterdir()} <= {"reviews.json.gz", RECORD, ".lock"}


def test_an_interrupted_download_goes_on(publisher: Publisher, tmp_path: Path) -> None:
    publisher.breaks_after = 700_000
    with pytest.raises(Unfetched, match="the same command goes on"):
        fetch(public(publisher), tmp_path)
    assert publisher.asked == [""] + [f"bytes={700_000 * times}-" for times in range(1, ATTEMPTS)]
    assert not (tmp_path / "reviews.json.gz").exists()
    publisher.breaks_after = None
    assert fetch(public(publisher), tmp_path)[0].read_bytes() == CONTENT
    assert publisher.asked[-1] == "bytes=2800000-"


def test_the_rest_of_another_content_is_not_put_behind_the_beginning(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.breaks_after = 700_000
    with pytest.raises(Unfetched):
        fetch(public(publisher), tmp_path)
    other = gzip.compress(random.Random(1).randbytes(3_000_000))
    publisher.files["/reviews.json.gz"], publisher.tag, publisher.breaks_after = other, '"2"', None
    assert fetch(public(publisher), tmp_path)[0].read_bytes() == other


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (403, "text/html", r"wants a login \(HTTP 403\)"),
        (404, "text/html", r"has moved \(HTTP 404\)"),
        (200, "text/html", "answers with a page and not with the file"),
        (418, "text/html", "answers with HTTP 418"),
    ],
)
def test_an_address_that_does_not_give_the_file_says_where_to_get_it(
    publisher: Publisher, tmp_path: Path, status: int, kind: str, said: str
) -> None:
    publisher.status, publisher.kind = status, kind
    with pytest.raises(Unfetched, match=said) as found:
        fetch(public(publisher), tmp_path)
    assert str(found.value).endswith(
        f"Download it at https://example.org/data, then: srec ingest STORE {tmp_path}"
    )


def test_what_is_not_the_file_is_thrown_away(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(Unfetched, match=r"sends something else: its SHA-256 is"):
        fetch(public(publisher, sha256="0" * 64), tmp_path)
    publisher.files["/reviews.json.gz"] = b"<html>" * 1000
    with pytest.raises(Unfetched, match=r"sends no \.gz file"):
        fetch(public(publisher), tmp_path)
    with pytest.raises(Unfetched, match="sends more than was published"):
        fetch(public(publisher, megabytes=0.001), tmp_path)
    assert not (tmp_path / "reviews.json.gz").exists()


def test_what_does_not_fit_on_the_disk_is_not_begun(publisher: Publisher, tmp_path: Path) -> None:
    publisher.files["/reviews.json.gz"] = _Huge()
    with pytest.raises(SRecError, match="MB are to come"):
        fetch(public(publisher), tmp_path)


class _Huge(bytes):
    def __getitem__(self, key: object) -> "_Huge":  # type: ignore[override]
        return self

    def __len__(self) -> int:
        return 1 << 50


def test_two_at_once_do_not_write_one_file(publisher: Publisher, tmp_path: Path) -> None:
    with ExitStack() as held:
        assert lock(tmp_path, held)
        with pytest.raises(SRecError, match="another process fetches into"):
            fetch(public(publisher), tmp_path)


@pytest.mark.parametrize("name", ["reviews.json.gz", "reviews.json.gz.part"])
def test_a_file_that_somebody_else_brought_stays(publisher: Publisher, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(SRecError, match=f"{name} is there, and srec fetch did not bring it: move it away"):
        fetch(public(publisher), tmp_path)
    assert (tmp_path / name).read_text() == "mine"
    assert publisher.asked == []


def test_the_command_lists_the_sets_and_names_the_next_step(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = CliRunner().invoke
    listed = run(app, ["fetch"]).output
    assert all(name in listed for name in SETS)
    assert "there is no set steam" in str(run(app, ["fetch", "steam"]).exception)
    assert "https://tianchi.aliyun.com/dataset/42" in str(run(app, ["fetch", "tmall"]).exception)
    monkeypatch.setitem(sets.SETS, "ucsd", public(publisher))
    done = run(app, ["fetch", "ucsd", str(tmp_path / "ucsd")])
    assert done.exit_code == 0, done.output
    assert f"next: srec ingest STORE {tmp_path / 'ucsd'}" in done.output


def test_every_set_says_where_it_comes_from_and_what_to_do_with_it() -> None:
    for name, one in SETS.items():
        assert one.page.startswith("https://"), name
        assert one.licence, name
        assert one.content, name
        assert one.then, name
        assert all(file.url.startswith("https://") and file.megabytes > 0 for file in one.files), name
