"""Published versions: whole or absent, one of them served, and back again."""

import errno
import json
import os
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bundles import write_toy_sum
from typer.testing import CliRunner

from srec.cli import app
from srec.errors import ArtifactError, SRecError
from srec.inference.bundle import Bundle
from srec.locks import lock
from srec.publishing import folder as publishing
from srec.publishing.folder import InUse, Models
from srec.publishing.version import Version


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    made = tmp_path_factory.mktemp("bundles")
    return [write_toy_sum(made / str(at), weight=0.1 * at) for at in range(1, 5)]


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path / "models")


def test_what_is_published_last_is_served(models: Models, bundles: list[Path]) -> None:
    first, second = models.publish(bundles[0]), models.publish(bundles[1])
    assert (first.number, second.number, models.served()) == (1, 2, [1, 2])
    assert [one.bundle for one in models.versions()] == [Bundle(one).fingerprint for one in bundles[:2]]
    assert Bundle(models.folder(2)).fingerprint == second.bundle


def test_a_bundle_that_is_there_is_not_copied_again(models: Models, bundles: list[Path]) -> None:
    for at in (0, 1, 0, 0):
        models.publish(bundles[at])
    assert models.numbers() == [1, 2]
    assert models.served() == [2, 1]


def test_a_rollback_leads_back_step_by_step(models: Models, bundles: list[Path]) -> None:
    for bundle in bundles[:3]:
        models.publish(bundle)
    assert models.rollback().number == 2
    assert models.rollback().number == 1
    with pytest.raises(SRecError, match="no version that was served before version 1"):
        models.rollback()
    assert models.rollback(3).number == 3
    assert models.served() == [1, 3], "version 2 was rolled back, so it is nothing to go back to"
    assert models.publish(bundles[3]).number == 4


def test_a_rollback_to_what_is_not_there_or_is_damaged_changes_nothing(
    models: Models, bundles: list[Path]
) -> None:
    for bundle in bundles[:2]:
        models.publish(bundle)
    with pytest.raises(SRecError, match="has no version 7; its versions are 1, 2"):
        models.rollback(7)
    (models.folder(1) / "popularity.npy").write_bytes(b"")
    with pytest.raises(ArtifactError, match=r"popularity\.npy has changed"):
        models.rollback()
    assert models.served() == [1, 2]


def test_pruning_keeps_the_newest_the_served_and_the_one_before(models: Models, bundles: list[Path]) -> None:
    for bundle in bundles:
        models.publish(bundle)
    assert models.prune(keep=4) == []
    models.rollback(2)
    assert models.prune(keep=1) == [3]
    assert models.numbers() == [1, 2, 4]
    assert models.served() == [1, 2]
    assert models.rollback().number == 1


def test_a_damaged_bundle_is_not_published(models: Models, bundles: list[Path], tmp_path: Path) -> None:
    models.publish(bundles[0])
    broken = shutil.copytree(bundles[1], tmp_path / "broken")
    (broken / "golden.json").write_text("[]")
    with pytest.raises(ArtifactError, match=r"golden\.json has changed"):
        models.publish(broken)
    assert (models.numbers(), models.served()) == ([1], [1])


@pytest.mark.parametrize("failing", ["copytree", "write_json"])
def test_on_a_full_disk_the_served_version_stays(
    failing: str, models: Models, bundles: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    models.publish(bundles[0])
    room: Any = publishing.shutil if failing == "copytree" else publishing

    def full(*given: Any, **named: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(room, failing, full)
        with pytest.raises(OSError, match="No space left"):
            models.publish(bundles[1])
    assert models.served() == [1]
    assert not list(models.path.glob("*.draft")) + list(models.path.glob(".*.draft"))
    assert models.publish(bundles[1]).number == 2


def test_of_two_at_once_one_is_told_to_wait(models: Models, bundles: list[Path]) -> None:
    models.publish(bundles[0])
    with ExitStack() as held:
        assert lock(models.path, held)
        for change in (lambda: models.publish(bundles[1]), models.rollback, models.prune):
            with pytest.raises(InUse, match="another process is changing"):
                change()
    assert models.publish(bundles[1]).number == 2


def test_a_folder_without_a_published_version_says_what_to_do(models: Models) -> None:
    with pytest.raises(ArtifactError, match="has no published model: srec models publish"):
        models.served()
    with pytest.raises(ArtifactError, match="is no folder of published models"):
        models.prune()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"format": 1, "served": [], "withdrawn": []}',
        '{"format": 1, "served": ["a"], "withdrawn": []}',
    ],
)
def test_a_damaged_pointer_is_one_line(content: str, models: Models) -> None:
    models.path.mkdir()
    (models.path / publishing.SERVED).write_text(content)
    with pytest.raises(ArtifactError, match=r"served\.json (cannot be read|does not say what is served)"):
        models.served()


def test_a_version_knows_its_age_and_what_it_was_made_from(models: Models, bundles: list[Path]) -> None:
    models.publish(bundles[0])
    manifest = models.folder(1) / "manifest.json"
    told = json.loads(manifest.read_text())
    del told["sha256"]  # as before manifests had one
    told |= {"lineage": {"store": "abc", "data_until": "2026-01-10"}, "inputs": {"dataset": "d", "run": "r"}}
    manifest.write_text(json.dumps(told))
    version = Version.read(models.folder(1), 1)
    assert version.age(datetime(2026, 1, 12, tzinfo=UTC)) == 2
    assert version.made_from == {"store": "abc", "dataset": "d", "run": "r"}


def test_the_commands_list_publish_roll_back_and_prune(bundles: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "models"

    def call(*words: object) -> str:
        done = CliRunner().invoke(app, ["models", *map(str, words)], catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    for bundle in bundles[:3]:
        call("publish", path, bundle)
    assert "version 2" in call("rollback", path)
    (Models(path).folder(1) / "config.json").unlink()
    listed = json.loads(call("list", path, "--json"))
    assert [(one["version"], one["served"], bool(one["problem"])) for one in listed] == [
        (1, False, True),
        (2, True, False),
        (3, False, False),
    ]
    assert "2 (served)" in call("list", path)
    assert "removed: nothing" in call("prune", path)
