from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset
from srec.dataset.sessions import TEST, TRAIN, prepare_sessions
from srec.errors import SourceError, SRecError
from srec.evaluation.validation import validator

SESSIONS = [[1, 2, 3], [2, 2], [4], [3, 1, 2, 1], [5, 4]]
TESTS = [([1, 2], 3), ([5], 5), ([4, 4, 1], 2)]


def write(folder: Path, sessions: object = SESSIONS, tests: list[tuple[list[int], int]] = TESTS) -> Path:
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.table({"session": sessions}), folder / TRAIN)
    columns = {"session": [inputs for inputs, _ in tests], "target": [target for _, target in tests]}
    pq.write_table(pa.table(columns), folder / TEST)
    return folder


def pairs(dataset: Dataset, part: str) -> list[tuple[list[int], int]]:
    data = examples(dataset.sequences, part, 200)
    inputs = data.inputs(np.arange(len(data)))
    return [
        ([item for item in row if item], int(target))
        for row, target in zip(inputs, data.targets, strict=True)
    ]


def prefixes(sessions: list[list[int]]) -> list[tuple[list[int], int]]:
    return [(session[:at], session[at]) for session in sessions for at in range(1, len(session))]


def test_all_prefixes_are_learnt_and_the_test_is_as_given(tmp_path: Path) -> None:
    dataset = prepare_sessions(write(tmp_path / "in"), tmp_path / "out", 0.0)
    assert pairs(dataset, "train") == pairs(dataset, "fit") == prefixes(SESSIONS)
    assert pairs(dataset, "valid") == []
    assert pairs(dataset, "test") == TESTS
    assert dataset.item_count == 5
    assert dataset.repeats


def test_the_latest_whole_sessions_are_held_out(tmp_path: Path) -> None:
    dataset = prepare_sessions(write(tmp_path / "in"), tmp_path / "out", 0.4)
    assert pairs(dataset, "train") == prefixes(SESSIONS[:3])
    assert pairs(dataset, "valid") == prefixes(SESSIONS[3:])
    assert pairs(dataset, "fit") == prefixes(SESSIONS)
    assert pairs(dataset, "test") == TESTS


def test_nobody_learns_from_the_inputs_of_the_test(tmp_path: Path) -> None:
    dataset = prepare_sessions(write(tmp_path / "in"), tmp_path / "out", 0.4)
    items, _, sessions = dataset.sequences.learnable("fit")
    assert items.tolist() == [item for session in SESSIONS for item in session]
    assert sessions.max() == len(SESSIONS) - 1


def test_whether_answers_may_repeat_the_input_follows_from_what_is_learnt(tmp_path: Path) -> None:
    once = [[1, 2, 3], [2, 1], [4], [3, 5, 2, 1]]
    dataset = prepare_sessions(write(tmp_path / "in", once), tmp_path / "out", 0.0)
    assert not dataset.repeats, "the test examples do not count"
    assert dataset.split == "sessions"
    assert "how a session goes on" in dataset.shows


def test_it_is_made_once_and_again_where_the_files_changed(tmp_path: Path) -> None:
    source = write(tmp_path / "in")
    first = prepare_sessions(source, tmp_path / "out", 0.0).manifest["created_at"]
    stamp = (tmp_path / "out" / "manifest.json").stat().st_mtime_ns
    assert prepare_sessions(source, tmp_path / "out", 0.0).manifest["created_at"] == first
    assert (tmp_path / "out" / "manifest.json").stat().st_mtime_ns == stamp
    write(source, [*SESSIONS, [1, 5]])
    assert pairs(prepare_sessions(source, tmp_path / "out", 0.0), "train")[-1] == ([1], 5)


@pytest.mark.parametrize(
    ("sessions", "says"),
    [
        ([[1, 0]], "number the items 1, 2, .*go from 0 to"),
        ([[1, 9]], "without gaps.*from 1 to 9, and 6 of them occur"),
        ([[1, 10**9]], "10,000,000 at most"),
        ([[1], []], "empty session"),
        ([], "'session' must be a list"),
        ([1, 2], "'session' must be a list"),
        ([[1], None], "'session' must be a list of item ids in every row"),
        ([[1, None]], "none missing"),
        ([["a"]], "whole numbers"),
    ],
)
def test_what_is_no_set_of_sessions_is_refused(tmp_path: Path, sessions: object, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        prepare_sessions(write(tmp_path / "in", sessions), tmp_path / "out", 0.0)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [pa.large_list, pa.list_view, pa.large_list_view])
def test_large_lists_and_views_are_lists(tmp_path: Path, kind: Callable[..., pa.DataType]) -> None:
    large = pa.array(SESSIONS, kind(pa.int64()))
    dataset = prepare_sessions(write(tmp_path / "in", large), tmp_path / "out", 0.0)
    assert pairs(dataset, "train") == prefixes(SESSIONS)


def test_lists_of_one_size_are_lists(tmp_path: Path) -> None:
    given = [[1, 2, 3], [2, 3, 4], [3, 4, 1], [4, 1, 2]] * 5
    fixed = pa.array(given, pa.list_(pa.int64(), 3))
    made = [
        prepare_sessions(write(tmp_path / name, one), tmp_path / f"{name}-out", 0.0)
        for name, one in (("fixed", fixed), ("plain", pa.array(given)))
    ]
    assert pairs(made[0], "train") == pairs(made[1], "train")


def test_a_test_without_targets_is_told_so(tmp_path: Path) -> None:
    folder = write(tmp_path / "in")
    pq.write_table(pa.table({"session": [[1]]}), folder / TEST)
    with pytest.raises(SourceError, match="no readable column 'target'"):
        prepare_sessions(folder, tmp_path / "out", 0.0)


def test_sessions_too_few_to_hold_any_out_are_told_so(tmp_path: Path) -> None:
    dataset = prepare_sessions(write(tmp_path / "in"), tmp_path / "out", 0.05)
    with pytest.raises(SRecError, match="no valid example to measure on: give more sessions"):
        validator(dataset, 50)


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"train_sessions\.parquet is missing"):
        prepare_sessions(tmp_path, tmp_path / "out", 0.0)
    source = write(tmp_path / "in")
    (source / TRAIN).write_bytes(b"PAR1 broken")
    with pytest.raises(SourceError, match="no readable column 'session'"):
        prepare_sessions(source, tmp_path / "out", 0.0)


def test_the_shared_sets_have_the_counts_they_are_said_to(shared_data: Path, tmp_path: Path) -> None:
    wanted = {"tmall": (351_268, 25_898, 40_727), "diginetica": (719_470, 60_858, 43_097)}
    for name, counts in wanted.items():
        dataset = prepare_sessions(shared_data / "gce-gnn" / name, tmp_path / name, 0.0)
        found = [len(examples(dataset.sequences, part, 200)) for part in ("train", "test")]
        assert (*found, dataset.item_count) == counts
