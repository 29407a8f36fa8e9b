"""The benchmark of inference: the reference of speed, the lists, the damage, the table and the page."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from srec_bench.inference.bench import bench_inference
from srec_bench.inference.contender import Scoring, Searching, places
from srec_bench.inference.contenders import CONTENDERS, chosen
from srec_bench.inference.eager import EagerScorer, adjacency
from srec_bench.inference.onnx_routes import prune
from srec_bench.inference.order import kendall, reference_list
from srec_bench.inference.page import page
from srec_bench.inference.result import (
    ContenderResult,
    InferenceResult,
    OnInputs,
    Order,
    Rate,
    Speed,
)
from srec_bench.inference.shown import HEADINGS, KINDS, SUMMARY, cells, share, summary, terminal_table
from srec_bench.inference.subject import Subject
from trained_runs import trained

from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.inference.exact import ExactTopK
from srec.inference.reference import reference_top_k
from srec.models.gce_gnn import GCEGNN
from srec.models.session_graph import BOTH, IN, NONE, OUT, SELF
from srec.models.session_model import TorchScorer
from srec.ranking import top_k
from srec.training.runs import Run

EXACT = "eager,eager-contiguous,torchscript,onnx-float32,srec"
FAST = f"{EXACT},dynamic-int8,dynamic-int8-body,static-int8,pruned-90"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Run]:
    return trained(tmp_path_factory.mktemp("inference"))


@pytest.mark.parametrize(
    "settings",
    [{}, {"tags": False, "context": False, "hops": 2}, {"hops": 0}],
    ids=["srec", "published", "local"],
)
def test_the_authors_layout_scores_as_the_model(tmp_path: Path, settings: dict[str, object]) -> None:
    dataset, run = trained(tmp_path, **settings)
    model = run.load(dataset)
    assert isinstance(model, GCEGNN)
    rng = np.random.default_rng(0)
    items_BL = np.zeros((40, 12), np.int64)
    for row in items_BL:
        length = rng.integers(1, 13)
        row[:length] = rng.choice(12, length) + 1  # few items, so that they repeat and edges go both ways
    wanted_BV = TorchScorer(model).score(items_BL)
    np.testing.assert_allclose(EagerScorer(model).score(items_BL), wanted_BV, rtol=1e-4, atol=1e-5)


def test_the_adjacency_of_a_session_that_goes_back_and_forth() -> None:
    # newest first: 5, 3, 5, 9, 9
    nodes, where, types_NN = adjacency([5, 3, 5, 9, 9])
    assert (nodes, where) == ([3, 5, 9], [1, 0, 1, 2, 2])
    assert types_NN.tolist() == [[SELF, BOTH, NONE], [BOTH, SELF, OUT], [NONE, IN, SELF]]


def test_pruning_spares_embeddings_and_zeroes_the_smallest(world: tuple[Dataset, Run]) -> None:
    dataset, run = world
    model = run.load(dataset)
    assert isinstance(model, GCEGNN)
    made = prune(model, 0.5)
    assert isinstance(made, GCEGNN)
    before, after = model.readout.gate.weight, made.readout.gate.weight
    assert (after == 0).float().mean() == 0.5
    assert before[after == 0].abs().max() <= before[after != 0].abs().min()
    for kept in ("embedding.weight", "readout.positions.weight", "readout.gate.bias"):
        assert torch.equal(model.get_parameter(kept), made.get_parameter(kept))
    assert torch.equal(made.item_table(), model.item_table())


def test_the_reference_list_is_that_of_the_reference() -> None:
    rng = np.random.default_rng(0)
    items_VD = rng.normal(size=(300, 8)).astype(np.float32)
    items_VD[150:] = items_VD[:150]  # every score twice: ties all the way
    norms_V = np.linalg.norm(items_VD, axis=1)
    for vector_D in rng.normal(size=(20, 8)).astype(np.float32):
        excluded = rng.choice(300, 3, replace=False)
        wanted = reference_top_k(items_VD, vector_D[None], 50, None, [excluded]).rows[0]
        assert (
            reference_list(items_VD, norms_V, vector_D, excluded=excluded, k=50).tolist() == wanted.tolist()
        )


def test_places_and_tau_are_those_of_a_sort() -> None:
    scores_V = np.array([1.0, 3.0, 3.0, 0.0, 2.0], np.float32)
    assert top_k(scores_V, 4).tolist() == [1, 2, 4, 0]
    assert places(scores_V, np.array([0, 1, 2, 3, 4])).tolist() == [3, 0, 1, 4, 2]
    assert kendall(np.array([0, 1, 2])) == 1
    assert kendall(np.array([9, 5, 2])) == -1
    assert kendall(np.array([1, 0, 2])) == pytest.approx(1 / 3)  # one of three pairs is turned


def test_searching_and_scoring_give_the_same_lists_and_places() -> None:
    rng = np.random.default_rng(1)
    items_VD = rng.integers(-5, 6, (200, 4)).astype(np.float32)
    vectors = {at: rng.integers(-3, 4, 4).astype(np.float32) for at in range(1, 21)}

    class Exact:
        def score(self, items_BL: np.ndarray) -> np.ndarray:
            return (vectors[items_BL[0, 0]] @ items_VD.T)[None]

    scoring = Scoring(Exact())
    searching = Searching(lambda items_BL: vectors[items_BL[0, 0]][None], ExactTopK(items_VD))
    for at in vectors:
        excluded, wanted = [at, at + 1], rng.choice(np.arange(30, 200), 12, replace=False)
        ours, theirs = (one.order(np.array([[at]]), excluded, wanted) for one in (scoring, searching))
        assert ours[0].tolist() == theirs[0].tolist()
        assert ours[1].tolist() == theirs[1].tolist()


def test_contenders_are_timed_and_compared(world: tuple[Dataset, Run], tmp_path: Path) -> None:
    said: list[str] = []
    result = bench_inference(*world, [*chosen(FAST), "ipex"], count=40, warm=3, blocks=4, say=said.append)
    assert result.write(tmp_path / "inference.json") == InferenceResult.read(tmp_path / "inference.json")
    rows = {row.name: row for row in result.contenders}
    assert list(rows) == chosen(FAST)
    [skipped] = result.skipped
    assert skipped.name == "ipex"
    assert "torch==2.8.0" in skipped.reason
    for work in (result.random.search, result.real.search):
        assert work
        ten, fifty = work.top_10, work.top_50
        assert 10 <= ten.told.rescored <= fifty.told.rescored <= world[0].item_count
        assert ten.untold
        assert fifty.untold
        for less, more in ((ten.told, fifty.told), (ten.untold, fifty.untold)):
            assert 0 <= less.opened <= more.opened <= 1
    for row in rows.values():
        for kind in KINDS:
            rate = row.on(kind).speed.per_cpu_second
            assert min(rate.model, rate.end_to_end) > 0
    assert rows["eager"].real.speed.ratio_to["eager"].model == 1
    # Exact contenders are exact, and the others are found out.
    for kind in KINDS:
        order = rows["srec"].on(kind).order
        assert (order.exact_10, order.exact_50, order.tau, order.displacement) == (1, 1, 1, 0)
        assert rows["eager"].on(kind).order.exact_10 > 0.9
        for name in ("dynamic-int8", "static-int8", "pruned-90"):
            damaged = rows[name].on(kind).order
            assert damaged.exact_50 < 1
            assert damaged.tau < 1
            assert damaged.displacement > 0
    real = rows["srec"].real.order
    assert real.hr_20 is not None
    assert real.mrr_20 is not None
    assert 0 <= real.mrr_20 <= real.hr_20 <= 1
    assert rows["srec"].random.order.hr_20 is None
    assert (result.random.count, result.real.count) == (40, 40)
    assert any("timing" in text for text in said)
    assert_shown(result)


def assert_shown(result: InferenceResult) -> None:
    names = [row.name for row in result.contenders]
    assert terminal_table(result).row_count == 2 * (len(names) + 1)
    assert [cells(row, "real")[0] for row in result.contenders] == names
    assert len(cells(result.contenders[0], "random")) == len(HEADINGS)
    for row in result.contenders:
        shown = dict(zip(SUMMARY, summary(row), strict=True))
        assert shown["top 10, real"] == share(row.real.order.exact_10)
        assert shown["top 50"] == share(row.random.order.exact_50)
        assert shown["HR@20"] == f"{100 * row.real.order.hr_20:.2f}"
    html = page(result)
    for name in names:
        assert html.count(f'<th scope="row">{name}</th>') == 2
    assert "Simulated data" in html
    assert "ipex, skipped" in html
    assert "The exact search (" in html
    for svg in html.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + svg[: svg.index("</svg>") + 6].replace("xlink:href", "href"))
    assert "http://" not in html.replace("http://www.w3.org", "")


def test_a_share_is_100_only_where_it_is_all() -> None:
    assert [share(value) for value in (1.0, 0.99999, 0.5)] == ["100", "99.99", "50.00"]


def test_an_unknown_contender_is_told() -> None:
    assert chosen(None) == list(CONTENDERS)
    assert chosen("srec, eager") == ["eager", "srec"]
    with pytest.raises(SettingsError, match="there is no contender 'tensorrt'"):
        chosen("srec,tensorrt")


def test_another_model_has_no_authors_layout(tmp_path: Path) -> None:
    dataset, run = trained(tmp_path, "sr-gnn")
    model = run.load(dataset)
    subject = Subject(dataset, run, model, TorchScorer(model), None, None, tmp_path, None, tmp_path)
    with pytest.raises(SettingsError, match="the run is a sr-gnn"):
        CONTENDERS["eager"].make(subject)
    speed = Speed(per_cpu_second=Rate(model=2000.4, end_to_end=1000.0), ratio_to={})
    order = Order(
        exact_10=1.0,
        exact_50=0.5,
        torch_10=1.0,
        torch_50=1.0,
        tau=1.0,
        displacement=3,
        hr_20=None,
        mrr_20=None,
    )
    found = OnInputs(speed=speed, order=order)
    shown = cells(ContenderResult(name="srec", what="SRec", random=found, real=found), "real")
    assert shown == ["srec", "2,000", "1,000", "-", "-", "100", "50.00", "1.0000", "3", "-", "-"]
