"""Handmade bundles of invented games: one with an encoder that is a mean of vectors, and one with a sum."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from srec.artifacts import write_directory
from srec.inference.bundle import KIND, BundleContents, Network, write_bundle
from srec.inference.games import GameInfo
from srec.inference.golden import TOP, Golden
from srec.inference.others import Others
from srec.inference.reference import reference_top_k
from srec.models.sums import Parts, Sum
from srec.ranking import top_k

GAMES, DIMENSION = 300, 16
NEAR = 12  # numbers in a sparse row of the toy's sum
FIRST = ("Amber", "Broken", "Crystal", "Dusty", "Electric", "Frozen", "Golden", "Hollow", "Iron", "Jade")
SECOND = (
    "Harbor",
    "Circuit",
    "Kingdom",
    "Meadow",
    "Outpost",
    "Requiem",
    "Station",
    "Tides",
    "Valley",
    "Wolves",
)
TAGS = (
    "Action",
    "Atmospheric",
    "Co-op",
    "Horror",
    "Indie",
    "Puzzle",
    "RPG",
    "Racing",
    "Strategy",
    "Survival",
)


def mean_encoder(table: np.ndarray) -> bytes:
    """ONNX: items [B, L] -> the mean of the real positions' rows of the table [V + 1, D]."""
    nodes = [
        helper.make_node("Gather", ["table", "items"], ["rows"]),
        helper.make_node("Cast", ["items"], ["items_float"], to=TensorProto.FLOAT),
        helper.make_node("Min", ["items_float", "one"], ["real"]),
        helper.make_node("ReduceSum", ["rows", "axis"], ["sum"], keepdims=0),
        helper.make_node("ReduceSum", ["real", "axis"], ["length"], keepdims=1),
        helper.make_node("Max", ["length", "one"], ["at_least_one"]),
        helper.make_node("Div", ["sum", "at_least_one"], ["vectors"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mean",
        [helper.make_tensor_value_info("items", TensorProto.INT64, ["B", "L"])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["B", table.shape[1]])],
        [
            numpy_helper.from_array(table.astype(np.float32), "table"),
            numpy_helper.from_array(np.array(1, np.float32), "one"),
            numpy_helper.from_array(np.array([1], np.int64), "axis"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def contents(simulated: bool = True, games: int = GAMES) -> BundleContents:
    """Games with two or three tags; the vectors of games that share tags are alike."""
    generator = np.random.default_rng(0)
    tags = [generator.choice(len(TAGS), 3, replace=False) for _ in range(games)]
    directions = generator.normal(size=(len(TAGS), DIMENSION))
    items = np.array([directions[row].sum(0) for row in tags]) + generator.normal(0, 0.3, (games, DIMENSION))
    names = [f"{FIRST[at % 10]} {SECOND[at // 10 % 10]}" + (f" {at // 100 + 1}" if at >= 100 else "")
             for at in range(games)]  # fmt: skip
    return BundleContents(
        model=Network(
            mean_encoder(np.concatenate((np.zeros((1, DIMENSION)), items))), items.astype(np.float32)
        ),
        popularity=(1000 / np.arange(1, games + 1)).astype(np.float32),
        tag_offsets=np.concatenate(([0], 3 * np.arange(games + 1))).astype(np.int64),
        tag_ids=np.concatenate(tags).astype(np.int32),
        tag_weights=np.tile(np.array([1.0, 0.7, 0.4], np.float32), games),
        tag_names=list(TAGS),
        games=[
            GameInfo(
                app_id=app_id(at - 1, simulated),
                name=name,
                release_year=2005 + at % 20,
                price_usd_cents=0 if at % 9 == 0 else 499 + 100 * (at % 30),
                is_free=at % 9 == 0,
                developers=(f"{SECOND[at % 10]} Works",),
                genres=(TAGS[tags[at - 1][0]],),
            )
            for at, name in enumerate(names, 1)
        ],
        golden=[golden(items.astype(np.float32), row, simulated) for row in ([0], [3, 1, 2])],
        config={"model": "toy", "max_length": 50, "simulated": simulated, "dataset": "toy"},
    )


def app_id(row: int, simulated: bool) -> int:
    """The app id of a row."""
    return (900_000_000 if simulated else 0) + 10 * (row + 1)


def golden(items: np.ndarray, liked: list[int], simulated: bool) -> Golden:
    """What the toy's model, a mean, answers to some rows."""
    found = reference_top_k(items, items[liked].mean(0)[None], TOP, excluded=[np.array(liked)])
    return Golden(
        tuple(app_id(row, simulated) for row in liked),
        tuple(app_id(row, simulated) for row in found.rows[0].tolist()),
        tuple(found.scores[0].tolist()),
    )


def write_toy_bundle(path: Path, *, simulated: bool = True) -> Path:
    """The bundle, as a directory."""
    return write(path, contents(simulated))


def sum_contents(*, simulated: bool = True, weight: float = 0.35) -> BundleContents:
    """The same games with a sum: each speaks for the 12 most alike, the first ones are the most popular."""
    given = contents(simulated)
    assert isinstance(given.model, Network)
    vectors = given.model.items / np.linalg.norm(given.model.items, axis=1, keepdims=True)
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -np.inf)
    ids = np.sort(np.argsort(-likeness, axis=1, kind="stable")[:, :NEAR], axis=1)
    popularity = np.log(given.popularity)
    parts = Parts(
        offsets=NEAR * np.arange(GAMES + 1),
        ids=ids.astype(np.int32).ravel(),
        values=np.take_along_axis(likeness, ids, axis=1).astype(np.float32).ravel(),
        inputs=0.5 * vectors,
        items=vectors,
        quality=(0.1 * np.cos(np.arange(GAMES))).astype(np.float32),
        popularity=((popularity - popularity.mean()) / popularity.std()).astype(np.float32),
    )
    model = Sum(parts, weight)
    asked = [sum_golden(model, row, simulated) for row in ([0], [3, 1, 2])]
    return replace(given, model=model, golden=asked, config=given.config | {"model": "toy-sum"})


def with_others(given: BundleContents) -> BundleContents:
    """The same with three games that nobody reviewed: one for each of the first tags, the last one hidden."""
    last = max(game.app_id for game in given.games)
    games = [
        GameInfo(last + 10 * at, f"Unseen {name}", release_year=2024, is_free=at == 1)
        for at, name in enumerate(("Alpha", "Beta", "Gamma"), 1)
    ]
    others = Others(
        games,
        np.array([0, 0, 1, 2, 3]),
        np.arange(3, dtype=np.int32),
        np.ones(3, np.float32),
        np.array([2]),
    )
    return replace(given, others=others)


def sum_golden(model: Sum, liked: list[int], simulated: bool) -> Golden:
    """What a sum answers to some rows, by scoring and sorting everything."""
    scores = model.score(np.array([liked]) + 1)[0]
    scores[liked] = -np.inf
    rows = top_k(scores, TOP)
    return Golden(
        tuple(app_id(row, simulated) for row in liked),
        tuple(app_id(row, simulated) for row in rows.tolist()),
        tuple(scores[rows].tolist()),
    )


def write_toy_sum(path: Path, *, simulated: bool = True, weight: float = 0.35) -> Path:
    """The bundle with a sum, as a directory."""
    return write(path, sum_contents(simulated=simulated, weight=weight))


def write(path: Path, made: BundleContents) -> Path:
    """A bundle with any contents, as a directory."""
    with write_directory(path, KIND, made.version) as draft:
        write_bundle(draft.path, made)
    return path
