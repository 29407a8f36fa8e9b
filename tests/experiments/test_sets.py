import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from srec.dataset.sessions import TEST, TRAIN
from srec.errors import SettingsError, SourceError
from srec.experiments.sets import PAPER, located


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    folder.mkdir()
    pq.write_table(pa.table({"session": [[1, 2, 3], [2, 3]]}), folder / TRAIN)
    pq.write_table(pa.table({"session": [[1, 2]], "target": [3]}), folder / TEST)
    return folder


def test_folders_of_one_name_are_two_sets(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "toy"
    shutil.copytree(source, other)
    (same, first), (_, second) = located(str(source), tmp_path), located(str(other), tmp_path)
    assert (same, first) == (source, second)
    pq.write_table(pa.table({"session": [[1, 2]]}), other / TRAIN)
    third = located(str(other), tmp_path)[1]
    assert third.startswith("toy-")
    assert third != first


def test_only_the_papers_own_sets_have_its_settings(source: Path, tmp_path: Path) -> None:
    mine = source.rename(tmp_path / "tmall")
    assert located(str(mine), tmp_path / "data")[1].startswith("tmall-")
    assert located("tmall", tmp_path) == located(str(mine), tmp_path) == (mine, "tmall")
    with pytest.raises(SourceError, match="is missing: a folder of sessions has"):
        located(str(tmp_path), tmp_path)


@pytest.mark.parametrize("name", list(PAPER))
def test_who_names_a_set_is_told_where_it_is_published_and_what_to_pass(name: str) -> None:
    with pytest.raises(SettingsError) as told:
        located(name)
    assert "https://github.com/CCIIPLab/GCE-GNN" in str(told.value)
    assert f"pass --data (in Python data=), the folder that has {name}/{TRAIN} and {name}/{TEST}" in str(
        told.value
    )
    assert "\n" not in str(told.value)
