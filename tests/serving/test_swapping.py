"""Another version is swapped in while visitors are answered."""

import gc
import json
import shutil
import threading
import weakref
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from bundles import write_toy_sum
from fastapi import FastAPI
from served import served
from starlette.testclient import TestClient
from waiting import until

from srec.errors import ArtifactError
from srec.inference.bundle import Bundle
from srec.publishing.folder import SERVED, Models
from srec.serving.answering import Answering
from srec.serving.app import create_app
from srec.serving.swapping import Swapping

FIRST = 900_000_010


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    made = tmp_path_factory.mktemp("bundles")
    return [write_toy_sum(made / str(at), weight=0.1 * at) for at in range(1, 5)]


@pytest.fixture
def models(tmp_path: Path, bundles: list[Path]) -> Models:
    made = Models(tmp_path / "models")
    made.publish(bundles[0])
    return made


def answering(app: Any) -> str:
    return str(TestClient(app).get("/version").json()["bundle"])


def break_(models: Models, number: int) -> None:
    (models.folder(number) / "popularity.npy").write_bytes(b"")


def test_a_new_version_answers_and_the_old_one_comes_back_without_being_loaded(
    models: Models, bundles: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "srec.serving")
    loaded = list[str]()

    def load(path: Path) -> FastAPI:
        loaded.append(path.name)
        return create_app(path)

    app = Swapping(models, load)
    models.publish(bundles[1])
    app.look()
    assert answering(app) == Bundle(bundles[1]).fingerprint
    models.rollback()
    app.look()
    assert answering(app) == Bundle(bundles[0]).fingerprint
    assert loaded == ["0001", "0002"]
    assert caplog.messages == ["version 2 answers; version 1 is kept", "version 1 answers; version 2 is kept"]


def test_a_broken_version_is_refused_once_and_the_next_sound_one_is_taken(
    models: Models, bundles: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    app = Swapping(models, create_app)
    models.publish(bundles[1])
    break_(models, 2)
    for _ in range(3):
        app.look()
    assert answering(app) == Bundle(bundles[0]).fingerprint
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("version 2 is refused: ")
    assert "popularity.npy has changed" in caplog.messages[0]
    models.publish(bundles[2])
    app.look()
    assert app.number == 3


def test_a_server_that_starts_with_a_broken_version_answers_with_the_one_before(
    models: Models, bundles: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    models.publish(bundles[1])
    break_(models, 2)
    app = Swapping(models, create_app)
    assert app.number == 1
    app.look()
    assert len(caplog.messages) == 1
    break_(models, 1)
    with pytest.raises(ArtifactError, match="has no version that can be served"):
        Swapping(models, create_app)


def test_a_pointer_that_cannot_be_read_changes_nothing(
    models: Models, caplog: pytest.LogCaptureFixture
) -> None:
    app = Swapping(models, create_app)
    (models.path / SERVED).write_text("{")
    app.look()
    app.look()
    assert answering(app)
    assert len(caplog.messages) == 1


def test_at_most_two_versions_are_in_memory(models: Models, bundles: list[Path]) -> None:
    there: list[weakref.ref[Answering]] = []
    most = 0

    def load(path: Path) -> FastAPI:
        nonlocal most
        made = create_app(path)
        there.append(weakref.ref(made.state.answering))
        most = max(most, sum(one() is not None for one in there))
        return made

    app = Swapping(models, load)
    try:
        for bundle in (*bundles[1:], *bundles[:3]):
            gc.freeze()  # as a server does
            models.publish(bundle)
            app.look()
    finally:
        gc.unfreeze()
    assert len(there) == 7
    assert most == 2


def test_swaps_under_load_lose_no_request(
    models: Models, bundles: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """A server of one process, four visitors, three versions, and a broken one among them."""
    known = {Bundle(one).fingerprint for one in bundles}
    seen, failed, over = set[str](), list[str](), threading.Event()

    def visit(port: int) -> None:
        body = json.dumps({"liked": [FIRST], "k": 5})
        with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            while not over.is_set():
                connection.request("POST", "/api/recommend", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                games = json.loads(answer.read())["games"]
                connection.request("GET", "/version")
                seen.add(json.loads(connection.getresponse().read())["bundle"])
                if answer.status != 200 or len(games) != 5:
                    failed.append(f"{answer.status}: {games}")

    def visitor(port: int) -> None:
        try:
            visit(port)
        except Exception as error:  # noqa: BLE001 -- whatever it is, a request is lost
            failed.append(repr(error))

    said = ""

    def refused() -> bool:
        nonlocal said
        said += capfd.readouterr().err
        return "version 3 is refused: " in said

    def answers(bundle: Path) -> bool:
        return Bundle(bundle).fingerprint in seen

    with served("--models", models.path) as (port, _):
        visitors = [threading.Thread(target=visitor, args=[port]) for _ in range(4)]
        for one in visitors:
            one.start()
        try:
            models.publish(bundles[1])
            until(lambda: answers(bundles[1]))
            broken = shutil.copytree(models.folder(2), models.folder(3))
            (broken / "golden.json").write_text("[]")
            (models.path / SERVED).write_text('{"format": 1, "served": [1, 2, 3], "withdrawn": []}')
            until(refused)
            models.publish(bundles[2])
            until(lambda: answers(bundles[2]))
            seen.clear()
            models.rollback(2)
            until(lambda: answers(bundles[1]))
        finally:
            over.set()
            for one in visitors:
                one.join()
    assert failed == []
    assert seen <= known
