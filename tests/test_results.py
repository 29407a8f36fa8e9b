"""Results as files, including those in benchmarks/results."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from srec.errors import ArtifactError
from srec.evaluation.results import Leaderboard, Report, Reproduction, Row
from srec.results import Frozen, Result

KEPT = Path(__file__).parents[1] / "benchmarks" / "results"
KINDS: dict[str, type[Result]] = {
    "leaderboard-*/leaderboard.json": Leaderboard,
    "leaderboard-*/rows/*.json": Row,
    "reproduce-*.json": Reproduction,
    "steam-ucsd-*.json": Report,
}


class Slice(Frozen):
    grams: float
    filling: str | None = None
    eaten: bool | None


class Cake(Result):
    slices: tuple[Slice, ...]


CAKE = Cake(slices=(Slice(grams=80, eaten=None), Slice(grams=75.5, filling="plum", eaten=True)))


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = CAKE.write(tmp_path / "cake.json")
    assert written.path == tmp_path / "cake.json"
    assert Cake.read(tmp_path / "cake.json") == written
    assert json.loads((tmp_path / "cake.json").read_text(encoding="utf-8")) == {
        "version": 1,
        "slices": [{"grams": 80.0, "eaten": None}, {"grams": 75.5, "filling": "plum", "eaten": True}],
    }, "what may be left out is; what must be there is"


def test_a_type_of_another_version_writes_and_reads_its_own(tmp_path: Path) -> None:
    class LaterCake(Cake):
        version: int = 2

    file = tmp_path / "cake.json"
    later = LaterCake(slices=CAKE.slices).write(file)
    assert json.loads(file.read_text(encoding="utf-8"))["version"] == 2
    assert LaterCake.read(file) == later
    with pytest.raises(ArtifactError, match="of version 2, but this SRec reads version 1"):
        Cake.read(file)
    CAKE.write(file)
    with pytest.raises(ArtifactError, match="of version 1, but this SRec reads version 2"):
        LaterCake.read(file)


def test_a_result_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        CAKE.slices = ()  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"version": 2, "slices": []}', "has a result of version 2, but this SRec reads version 1: make it"),
        ('{"slices": []}', "has a result of version None"),
        ("[]", "has a result of version None"),
        ("{broken", "cannot be read: .*; make it again"),
        ('{"version": 1, "slices": [], "crumbs": 3}', "Extra inputs are not permitted; make it again"),
        ('{"version": 1, "slices": [{"grams": "many", "eaten": null}]}', "a valid number.*; make it again"),
    ],
)
def test_what_is_no_such_result_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "cake.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ArtifactError, match=says) as told:
        Cake.read(file)
    assert "\n" not in str(told.value)
    with pytest.raises(ArtifactError, match="nowhere"):
        Cake.read(tmp_path / "nowhere.json")


@pytest.mark.parametrize("pattern", KINDS)
def test_every_kept_result_is_of_its_type(pattern: str) -> None:
    files = sorted(KEPT.glob(pattern))
    assert files
    for file in files:
        written = KINDS[pattern].read(file).model_dump(mode="json")
        assert written == json.loads(file.read_text(encoding="utf-8")), file
