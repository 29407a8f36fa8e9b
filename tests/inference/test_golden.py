"""The parity gate: golden requests hold the engine and the API to the model they were exported from."""

import dataclasses
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bundles import contents, write_toy_bundle, write_toy_sum
from typer.testing import CliRunner

from srec.artifacts import write_directory
from srec.cli import app as cli
from srec.errors import ArtifactError
from srec.inference.bundle import KIND, VERSION, Bundle, write_bundle
from srec.inference.golden import Golden, check_answer
from srec.inference.recommender import Recommender
from srec.inference.scans import kernels
from srec.serving.app import create_app
from srec.serving.verification import check_api

GOLDEN = Golden((1,), (5, 6, 7), (2.0, 1.0, 0.5))


def write(path, **changes):
    with write_directory(path, KIND, VERSION) as draft:
        write_bundle(draft.path, dataclasses.replace(contents(), **changes))
    return path


@pytest.mark.parametrize(
    ("app_ids", "scores"),
    [
        ((5, 6, 7), (2.0, 1.0, 0.5)),
        ((5, 6, 7), (2.00001, 0.99999, 0.5)),  # what float32 rounds
        ((5, 6, 8), (2.0, 1.0, 0.500005)),  # another game, as good as the last
    ],
)
def test_rounding_is_no_difference(app_ids, scores):
    check_answer("it", GOLDEN, app_ids=app_ids, scores=scores)


@pytest.mark.parametrize(
    ("app_ids", "scores", "message"),
    [
        ((5, 6), (2.0, 1.0), "2 games where there were 3"),
        ((6, 5, 7), (2.0, 1.0, 0.5), "at place 1 there is game 6 with 2, where there was game 5 with 2"),
        ((5, 6, 7), (2.0, 1.001, 0.5), "at place 2"),
        ((5, 8, 7), (2.0, 1.0, 0.5), "at place 2 there is game 8"),
    ],
)
def test_the_first_difference_is_named(app_ids, scores, message):
    with pytest.raises(ArtifactError, match=rf"it answers the golden request \[1\] differently.*{message}"):
        check_answer("it", GOLDEN, app_ids=app_ids, scores=scores)


@pytest.mark.parametrize("kernel", kernels())
def test_engine_and_api_pass_with_every_kernel(kernel, tmp_path):
    bundle = write_toy_bundle(tmp_path / "bundle")
    recommender = Recommender(Bundle(bundle), kernel)
    check_api(create_app(bundle), recommender.bundle.golden)


def test_a_bundle_that_scores_otherwise_answers_nobody(tmp_path):
    # The checksums are right, but the vectors are not those of the model that answered.
    items = np.array(contents().model.items)
    items[100] *= 3
    bundle = write(tmp_path / "bundle", model=dataclasses.replace(contents().model, items=items))
    with pytest.raises(ArtifactError, match=r"answers the golden request .* differently: at place"):
        create_app(bundle)
    lists, answers = tmp_path / "lists.parquet", tmp_path / "answers.parquet"
    pq.write_table(pa.table({"liked": [[int(contents().app_ids[0])]]}), lists)
    for words in (["verify"], ["recommend"], ["batch", lists, answers]):
        told = CliRunner().invoke(cli, [words[0], str(bundle), *map(str, words[1:])])
        assert isinstance(told.exception, ArtifactError), words
        assert told.stdout == ""
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bundle", "lists.parquet"]


def test_the_api_is_held_to_them_too(tmp_path):
    app = create_app(write_toy_bundle(tmp_path / "bundle"))
    golden = Bundle(tmp_path / "bundle").golden[0]
    check_api(app, [golden])
    scores = (golden.scores[0] + 1, *golden.scores[1:])
    with pytest.raises(ArtifactError, match=r"the API answers the golden request .* differently: at place 1"):
        check_api(app, [dataclasses.replace(golden, scores=scores)])
    with pytest.raises(ArtifactError, match="status 422"):
        check_api(app, [dataclasses.replace(golden, liked=(-1,))])


def test_verify_says_what_it_checked(tmp_path):
    told = CliRunner().invoke(cli, ["verify", str(write_toy_bundle(tmp_path / "bundle"))])
    assert told.exit_code == 0, told.exception
    assert "2 golden requests answered as the model did" in " ".join(told.stdout.split())


@pytest.mark.parametrize(
    "text", ["[", "[1]", '[{"liked": 3}]', "{}[]", '[{"liked": [], "app_ids": [1], "scores": []}]', "7"]
)
def test_golden_requests_that_make_no_sense_are_refused(text, tmp_path):
    with write_directory(tmp_path / "bundle", KIND, VERSION) as draft:
        write_bundle(draft.path, contents())
        (draft.path / "golden.json").write_text(text)
    with pytest.raises(ArtifactError, match=r"golden\.json"):
        Bundle(tmp_path / "bundle")


@pytest.mark.parametrize(
    "wrong", [{"scores": ["z"]}, {"scores": [float("nan")]}, {"scores": [1.0], "liked": ["x"]}]
)
def test_numbers_that_are_no_numbers_are_refused(wrong, tmp_path):
    known = 900_000_010
    with write_directory(tmp_path / "bundle", KIND, VERSION) as draft:
        write_bundle(draft.path, contents())
        golden = {"liked": [known], "app_ids": [known]} | wrong
        (draft.path / "golden.json").write_text(json.dumps([golden]))
    with pytest.raises(ArtifactError, match=r"golden\.json"):
        Bundle(tmp_path / "bundle")


def test_a_request_that_no_game_answers_is_no_error(tmp_path):
    first = int(contents().app_ids[0])
    recommender = Recommender(Bundle(write_toy_sum(tmp_path / "sum")))
    assert recommender.bundle.golden
    recommender.bundle.golden[:] = [Golden((first,), (), ())]
    assert Recommender(recommender.bundle).recommend([first]).games
