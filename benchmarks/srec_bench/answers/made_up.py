"""Two bundles of the same made-up games: one with GCE-GNN, one with a sum.

Numbers are drawn in the sizes and shapes of those that the models learn from reviews, so that the searches
have as much to read. Only the cost of an answer means anything. Shapes: V games, D dimension, T tags.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from srec.artifacts import write_directory
from srec.dataset.dataset import Floats
from srec.inference.answers import Filters
from srec.inference.bundle import KIND, BundleContents, Network, write_bundle
from srec.inference.export import encoder_onnx
from srec.inference.games import GameInfo
from srec.inference.runtimes.onnx import OnnxEncoder
from srec.models.gce_gnn import GCEGNN, GCEGNNSettings
from srec.models.sums import Parts, Sum

FILTERS = Filters(must=("tag 3",), must_not=("tag 5",), released_from=2012)
TAGS, TAGS_OF_A_GAME = 440, 14
NEIGHBOURS, VECTOR, WEIGHT = 200, 48, 0.35
POPULAR = 0.3  # the share of popularity in a network's items


def bundles(folder: Path, games: int) -> tuple[Path, Path]:
    """The bundle with GCE-GNN and the one with a sum.

    Args:
        folder: where to write them.
        games: V.
    """
    given = _games(games)
    written = []
    for name, made in (("gce-gnn", _gce_gnn(given, folder)), ("sum", _sum(given))):
        with write_directory(folder / name, KIND, made.version) as draft:
            write_bundle(draft.path, made)
        written.append(folder / name)
    return written[0], written[1]


def _games(count: int) -> BundleContents:
    """Games with tags, years and prices, and no model yet; the first ones are the most popular."""
    rng = np.random.default_rng(0)
    chances_T = 1 / np.arange(4, TAGS + 4)
    of_games = np.sort(
        np.argsort(rng.exponential(1 / chances_T, (count, TAGS)), axis=1)[:, :TAGS_OF_A_GAME], axis=1
    )
    nothing = Network(b"", np.zeros((count, 0), np.float32))
    return BundleContents(
        model=nothing,
        popularity=(1000 / np.arange(1, count + 1)).astype(np.float32),
        tag_offsets=np.append(0, TAGS_OF_A_GAME * np.arange(count + 1)),
        tag_ids=of_games.astype(np.int32).ravel(),
        tag_weights=rng.uniform(0.05, 1, of_games.size).astype(np.float32),
        tag_names=[f"tag {tag}" for tag in range(TAGS)],
        games=[
            GameInfo(app_id=10 * item, name=f"Game {item}", release_year=int(year), price_usd_cents=999)
            for item, year in enumerate(rng.integers(2000, 2026, count), 1)
        ],
        golden=[],
        config={"max_length": 50, "simulated": True, "dataset": "made up"},
    )


def _popularity(count: int) -> Floats:
    """Float32 [V], of mean 0 and standard deviation 1, the largest first."""
    return np.sort(np.random.default_rng(4).normal(size=count))[::-1].astype(np.float32)


def _vectors(given: BundleContents, dimension: int) -> Floats:
    """Float32 [V, D] of length 1: games that share tags are alike."""
    rng = np.random.default_rng(1)
    directions_TD = rng.normal(size=(len(given.tag_names), dimension))
    weighted = given.tag_weights[:, None] * directions_TD[given.tag_ids]
    vectors_VD = weighted.reshape(len(given.games), TAGS_OF_A_GAME, dimension).sum(1)
    lengths_V1 = np.linalg.norm(vectors_VD, axis=1, keepdims=True)
    unit_VD: Floats = (vectors_VD / lengths_V1).astype(np.float32)
    return unit_VD


def _gce_gnn(given: BundleContents, folder: Path) -> BundleContents:
    """GCE-GNN in its default size, with random weights and the neighbours of random sessions.

    A search reads little of trained items, because these have a popularity: a share in the direction of the
    visitors' vectors. These here have one that makes it read as little: about 15 rows and 2 % of the blocks,
    as in the files of ``srec bench inference`` for so many games.
    """
    settings = GCEGNNSettings(tags=False, context=False)
    count, rng = len(given.games), np.random.default_rng(2)
    model = GCEGNN(settings, count)
    model.initialise(0)
    vectors_VD = _vectors(given, settings.dimension)
    with torch.no_grad():
        model.embedding.weight[1:] = torch.from_numpy(vectors_VD) * 3**-0.5  # as long as those drawn
    model.prepare(rng.integers(1, count + 1, 20 * count), np.arange(20 * count) // 20)
    encoder = encoder_onnx(model)
    (folder / "encoder.onnx").write_bytes(encoder)
    direction_D = OnnxEncoder(folder / "encoder.onnx").typical(count).mean(0)
    direction_D /= np.linalg.norm(direction_D)
    items_VD = vectors_VD + POPULAR * _popularity(count)[:, None] * direction_D
    return replace(given, model=Network(encoder, items_VD), config={**given.config, "model": "gce-gnn"})


def _sum(given: BundleContents) -> BundleContents:
    """A sum with as many numbers as the default model has."""
    count, rng = len(given.games), np.random.default_rng(3)
    near = min(NEIGHBOURS, count - 1)
    # The popular half is near to more games than the others are.
    drawn = (count * rng.random((count, 2 * near)) ** 1.5).astype(np.int64)
    ids = [np.setdiff1d(row, [at]) for at, row in enumerate(drawn)]
    ids = [np.sort(rng.permutation(row)[:near]) for row in ids]
    offsets = np.append(0, np.cumsum([len(row) for row in ids]))
    vectors_VD = _vectors(given, VECTOR)
    parts = Parts(
        offsets,
        np.concatenate(ids).astype(np.int32),
        rng.lognormal(np.log(2.1), 0.45, offsets[-1]).astype(np.float32),
        2.1 * vectors_VD,
        vectors_VD,
        0.5 * rng.normal(size=count).astype(np.float32),
        _popularity(count),
    )
    return replace(given, model=Sum(parts, WEIGHT), config={**given.config, "model": "sum"})
