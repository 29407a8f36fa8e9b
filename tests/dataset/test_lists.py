"""A dataset of sessions in memory: numbered, split, and read like any other."""

from fractions import Fraction
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset
from srec.errors import SettingsError

SESSIONS = [[30, 10], [10, 20, 30], [20, 30], [10, 30, 20], [30, 20, 10]]


def asked(dataset: Dataset, part: str) -> list[tuple[list[int], int]]:
    """The examples of a part, in external ids."""
    data = examples(dataset.sequences, part, 50)
    inputs = data.inputs(np.arange(len(data)))
    ids = dataset.app_ids
    return [
        (ids[row[row > 0]].tolist(), int(ids[target]))
        for row, target in zip(inputs, data.targets, strict=True)
    ]


def test_given_examples_are_tested_and_the_latest_sessions_validate() -> None:
    dataset = Dataset.from_sessions(SESSIONS, test=[([10, 20], 30), ([20], 40)], valid_share=0.2)
    assert dataset.app_ids.tolist() == [0, 10, 20, 30, 40]
    assert asked(dataset, "test") == [([10, 20], 30), ([20], 40)]
    assert asked(dataset, "valid") == [([30], 20), ([30, 20], 10)]
    assert ([10], 20) in asked(dataset, "train")


def test_a_share_of_the_sessions_is_tested_at_every_item_but_the_first() -> None:
    dataset = Dataset.from_sessions(SESSIONS, test=0.2, valid_share=0)
    assert asked(dataset, "test") == [([30], 20), ([30, 20], 10)]
    assert asked(dataset, "valid") == []
    assert len(asked(dataset, "train")) == 6


@pytest.mark.parametrize("share", [np.float32(0.2), np.float64(0.2), Fraction(1, 5)])
def test_a_share_is_any_real_number(share: float) -> None:
    assert asked(Dataset.from_sessions(SESSIONS, test=share, valid_share=0), "test") == [
        ([30], 20),
        ([30, 20], 10),
    ]


def test_items_that_nobody_learns_are_left_out_of_a_tested_share() -> None:
    dataset = Dataset.from_sessions([[1, 2], [2, 1], [1, 9, 2]], test=0.34, valid_share=0)
    assert asked(dataset, "test") == [([1], 2)]
    assert dataset.item_count == 2


@pytest.mark.parametrize(("sessions", "repeats"), [([[1, 2, 1], [2, 1]], True), ([[1, 2], [2, 1]], False)])
def test_whether_inputs_may_be_answers_follows_from_the_sessions(
    sessions: list[list[int]], repeats: bool
) -> None:
    assert Dataset.from_sessions(sessions, test=[([1], 2)]).repeats is repeats
    assert Dataset.from_sessions(sessions, test=[([1], 2)], repeats=True).repeats is True


def test_without_a_target_the_directory_goes_with_the_object(tmp_path: Path) -> None:
    dataset = Dataset.from_sessions(SESSIONS)
    folder = dataset.path.parent
    assert dataset.path.is_dir()
    del dataset
    assert not folder.exists()
    assert Dataset.from_sessions(SESSIONS, tmp_path / "mine").path == tmp_path / "mine"
    assert Dataset(str(tmp_path / "mine")).item_count == 3


def test_the_same_sessions_are_not_written_again(tmp_path: Path) -> None:
    first = Dataset.from_sessions(SESSIONS, tmp_path / "d").manifest["created_at"]
    before = (tmp_path / "d" / "manifest.json").stat().st_mtime_ns
    assert Dataset.from_sessions(SESSIONS, tmp_path / "d").manifest["created_at"] == first
    assert (tmp_path / "d" / "manifest.json").stat().st_mtime_ns == before
    changed = Dataset.from_sessions([*SESSIONS[:-1], [10, 20]], tmp_path / "d")
    assert asked(changed, "test") == [([10], 20)]


@pytest.mark.parametrize(
    ("sessions", "given", "message"),
    [
        ([["a", "b"], ["b", "c"]], {}, "whole numbers from 1 to 2147483647"),
        ([[0, 1], [1, 2], [1, 0]], {"test": [([1], 2)]}, "whole numbers from 1"),
        ([[1, 2]], {}, "give more sessions"),
        ([[1, 2], [2, 3]], {"test": [([], 1)]}, "empty input"),
        ([[1, 2], [2, 3]], {"valid_share": 1}, "valid_share is 1: give a share"),
        ([[1, 2], [2, 3]], {"test": 1.5}, r"test is 1\.5: give a share"),
        ([[1, 2**31], [2, 3]], {"test": [([2], 3)]}, "whole numbers from 1"),
    ],
)
def test_what_is_no_set_of_sessions_is_refused(sessions: list, given: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Dataset.from_sessions(sessions, **given)


@settings(max_examples=60, deadline=None)
@given(
    sessions=st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6), min_size=3, max_size=12),
    share=st.sampled_from([0.0, 0.2, 0.5]),
)
def test_every_session_stands_in_one_part_whole(sessions: list[list[int]], share: float) -> None:
    dataset = Dataset.from_sessions(sessions, test=[([1, 2], 3)], valid_share=share)
    rows = dataset.to_arrow().to_pylist()
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row["session"], []).append(row["app_id"])
    assert list(found.values()) == [*sessions, [1, 2, 3]]
    parts = [{row["part"] for row in rows if row["session"] == session} for session in found]
    held_out = round(share * len(sessions))
    assert parts[: len(sessions) - held_out] == [{"train"}] * (len(sessions) - held_out)
    assert parts[len(sessions) - held_out : -1] == [{"valid"}] * held_out


def test_every_library_reads_a_dataset() -> None:
    dataset = Dataset.from_sessions(SESSIONS, test=[([10, 20], 30)])
    wanted = dataset.to_arrow().to_pylist()
    assert wanted[-1] == {"session": 5, "app_id": 30, "item": 3, "time": 5, "part": "test"}
    assert [row["part"] for row in wanted[-3:]] == ["input", "input", "test"]
    assert pa.table(dataset).to_pylist() == wanted
    assert pl.DataFrame(dataset).to_dicts() == wanted
    assert pd.DataFrame.from_arrow(dataset).to_dict("records") == wanted
    assert duckdb.sql("SELECT count(*), sum(app_id) FROM dataset").fetchall() == [
        (len(wanted), sum(row["app_id"] for row in wanted))
    ]
