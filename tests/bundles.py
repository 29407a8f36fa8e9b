"""A handmade bundle: invented games, and an encoder that returns the mean of its items' vectors."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from srec.artifacts import write_directory
from srec.inference.bundle import KIND, VERSION, BundleContents, GameInfo, Network, write_bundle
from srec.inference.golden import TOP, Golden
from srec.inference.reference import reference_top_k

GAMES, DIMENSION = 300, 16
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
    with write_directory(path, KIND, VERSION) as draft:
        write_bundle(draft.path, contents(simulated))
    return path
