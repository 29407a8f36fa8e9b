"""``srec batch``: many lists, the same answers, resumable."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bundles import GAMES, write_toy_bundle
from typer.testing import CliRunner

from srec.cli import app as cli
from srec.errors import SourceError, SRecError
from srec.inference import batch
from srec.inference.batch import answer_file
from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender
from srec.inference.scans import kernels


@pytest.fixture(scope="module")
def recommender(tmp_path_factory):
    return Recommender(Bundle(write_toy_bundle(tmp_path_factory.mktemp("batch") / "bundle")))


def lists(count, seed=0):
    rng = np.random.default_rng(seed)
    ids = 900_000_000 + 10 * np.arange(1, GAMES + 10)  # the last ones are not known
    return [rng.choice(ids, rng.integers(0, 8)).tolist() for _ in range(count)]


def write(path, given):
    table = {"user": np.arange(len(given)), "liked": pa.array(given, pa.list_(pa.int64()))}
    pq.write_table(pa.table(table), path)
    return path


def test_more_games_than_there_are_are_all_of_them(recommender, tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "GAMES", 10 * GAMES)
    given, seen = lists(25), []
    source = write(tmp_path / "in.parquet", given)
    answer_file(recommender, source, tmp_path / "out.parquet", k=10**9, watch=seen.append)
    assert seen == [10, 20, 25], "long answers are made a few at a time"
    found = pq.read_table(tmp_path / "out.parquet").to_pydict()["app_ids"]
    known = set(recommender.bundle.app_ids.tolist())
    assert [set(row) for row in found] == [known - set(liked) for liked in given]
    assert recommender.recommend_batch(given, k=10**9).app_ids.shape == (25, GAMES)


@pytest.mark.parametrize("kernel", kernels())
def test_a_batch_answers_what_single_requests_do(recommender, kernel):
    given = [*lists(300), [], [1], list(recommender.bundle.app_ids), list(recommender.bundle.app_ids[:-3])]
    found = Recommender(recommender.bundle, kernel).recommend_batch(given, k=7)
    for liked, app_ids, scores in zip(given, found.app_ids, found.scores, strict=True):
        games = recommender.recommend(liked, k=7).games
        assert app_ids[app_ids >= 0].tolist() == [game.app_id for game in games]
        np.testing.assert_allclose(scores[app_ids >= 0], [game.score for game in games], rtol=1e-6)


def test_the_file_has_the_answers_and_the_other_columns(recommender, tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "LISTS", 64)
    given, seen = lists(200), []
    rows = answer_file(
        recommender, write(tmp_path / "in.parquet", given), tmp_path / "out.parquet", k=5, watch=seen.append
    )
    assert rows == 200
    assert seen == [64, 128, 192, 200]
    table = pq.read_table(tmp_path / "out.parquet").to_pydict()
    assert list(table) == ["user", "app_ids", "scores"]
    assert table["user"] == list(range(200))
    found = recommender.recommend_batch(given, k=5)
    assert table["app_ids"] == [row[row >= 0].tolist() for row in found.app_ids]
    assert [len(scores) for scores in table["scores"]] == [len(app_ids) for app_ids in table["app_ids"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


def test_interrupted_it_goes_on(recommender, tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "LISTS", 50)
    source, target = write(tmp_path / "in.parquet", lists(200)), tmp_path / "out.parquet"

    def stop(done):
        if done == 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer_file(recommender, source, target, k=5, watch=stop)
    assert not target.exists()
    answered = []
    real = Recommender.recommend_batch
    monkeypatch.setattr(
        Recommender,
        "recommend_batch",
        lambda self, liked, *, k: answered.append(len(liked)) or real(self, liked, k=k),
    )
    assert answer_file(recommender, source, target, k=5) == 200
    assert answered == [50, 50]
    wanted = real(recommender, lists(200), k=5)
    assert pq.read_table(target)["app_ids"].to_pylist() == [row[row >= 0].tolist() for row in wanted.app_ids]
    # Another source makes it different work.
    answer_file(recommender, write(source, lists(60, seed=1)), target, k=5)
    assert pq.read_table(target).num_rows == 60


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.int64(), 3),
        pa.list_(pa.uint32(), 3),
        pa.list_view(pa.int32()),
        pa.large_list_view(pa.int64()),
    ],
)
def test_a_list_is_one_however_it_lies_in_the_file(recommender, tmp_path, kind):
    given = [recommender.bundle.app_ids[:3].tolist(), None, recommender.bundle.app_ids[3:6].tolist()]
    pq.write_table(pa.table({"liked": pa.array(given, kind)}), tmp_path / "in.parquet")
    answer_file(recommender, tmp_path / "in.parquet", tmp_path / "out.parquet", k=5)
    found = pq.read_table(tmp_path / "out.parquet").column("app_ids").to_pylist()
    expected = [recommender.recommend(liked or [], k=5) for liked in given]
    assert found == [[game.app_id for game in answer.games] for answer in expected]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"user": [1]}, "has no column liked of lists: it has user"),
        ({"liked": [1]}, "has no column liked of lists"),
        ({"liked": [["a"]]}, "must hold lists of integers"),
        ({"liked": [[1]], "scores": [1]}, "has a column scores"),
        (pa.table([[[1]], [1], [2]], ["liked", "x", "x"]), "has more than one column x: rename all but one"),
        (pa.table([[[1]], [[1]]], ["liked", "liked"]), "more than one column liked"),
        (pa.table([[[1]], [1], [1], [2], [2]], ["liked", "b", "a", "a", "b"]), "more than one column b, a"),
    ],
)
def test_what_cannot_be_answered_is_said(recommender, tmp_path, table, message):
    pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), tmp_path / "in.parquet")
    with pytest.raises(SourceError, match=message):
        answer_file(recommender, tmp_path / "in.parquet", tmp_path / "out.parquet", k=5)
    (tmp_path / "in.parquet").write_text("no parquet")
    with pytest.raises(SourceError, match="cannot be read as Parquet"):
        answer_file(recommender, tmp_path / "in.parquet", tmp_path / "out.parquet", k=5)
    assert not (tmp_path / "out.parquet").exists()


def test_the_lists_are_not_replaced_by_their_answers(recommender, tmp_path):
    source = write(tmp_path / "in.parquet", lists(3))
    before = source.read_bytes()
    with pytest.raises(SourceError, match="name another target"):
        answer_file(recommender, source, tmp_path / "." / "in.parquet", k=5)
    assert source.read_bytes() == before


def test_large_lists_are_lists(recommender, tmp_path):
    liked = pa.array([[900_000_010]], pa.large_list(pa.int64()))
    pq.write_table(pa.table({"liked": liked}), tmp_path / "in.parquet")
    assert answer_file(recommender, tmp_path / "in.parquet", tmp_path / "out.parquet", k=5) == 1


def test_the_commands(recommender, tmp_path):
    source = write(tmp_path / "in.parquet", [[900_000_010], None, [None, 900_000_020]])
    arguments = [str(recommender.bundle.path), str(source), str(tmp_path / "out.parquet"), "--top", "3"]
    told = CliRunner().invoke(cli, ["batch", *arguments])
    assert told.exit_code == 0, told.exception
    assert [len(row) for row in pq.read_table(tmp_path / "out.parquet")["app_ids"].to_pylist()] == [3, 3, 3]
    told = CliRunner().invoke(cli, ["doctor"])
    assert told.exit_code == 0, told.exception
    assert kernels()[0] in told.stdout
    assert "onnxruntime" in told.stdout


def test_two_at_once_write_one_after_the_other_or_not_at_all(recommender, tmp_path):
    source, target = write(tmp_path / "in.parquet", lists(20)), tmp_path / "out.parquet"

    def second(done):
        with pytest.raises(SRecError, match=r"another process is writing .*out\.parquet: wait for it"):
            answer_file(recommender, source, target, k=3)

    assert answer_file(recommender, source, target, k=5, watch=second) == 20
    assert max(len(found) for found in pq.read_table(target).to_pydict()["app_ids"]) == 5
    answer_file(recommender, source, target, k=3)
    assert max(len(found) for found in pq.read_table(target).to_pydict()["app_ids"]) == 3


@pytest.mark.parametrize("kind", ["text", "parquet", "folder", "link", "partial"])
def test_what_another_program_wrote_stays(recommender, tmp_path, kind):
    source, target = write(tmp_path / "in.parquet", lists(3)), tmp_path / "out.parquet"
    mine = tmp_path / "out.parquet.partial" / "notes.txt" if kind == "partial" else target
    mine.parent.mkdir(exist_ok=True)
    if kind == "folder":
        mine.mkdir()
    elif kind == "link":
        mine.symlink_to(tmp_path / "elsewhere.parquet")
    elif kind == "parquet":
        pq.write_table(pa.table({"app_ids": [[1]], "scores": [[0.5]]}), mine)
    else:
        mine.write_text("mine")
    before = mine.read_bytes() if mine.is_file() else b""
    with pytest.raises(SRecError, match="move it away"):
        answer_file(recommender, source, target, k=5)
    assert os.path.lexists(mine)
    assert before == (mine.read_bytes() if mine.is_file() else b"")
