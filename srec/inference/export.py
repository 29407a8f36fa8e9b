"""From a trained run to a bundle. The only part of inference that needs torch, and only to export."""

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from srec.artifacts import fingerprint, is_current, write_directory
from srec.dataset.batches import examples
from srec.dataset.dataset import Dataset, Floats, Ints
from srec.errors import ArtifactError
from srec.inference.bundle import (
    COUNTED_VERSION,
    ENCODER,
    KIND,
    SUM_VERSION,
    VERSION,
    Bundle,
    BundleContents,
    Network,
    write_bundle,
)
from srec.inference.catalogue import Catalogue, read_games, read_others
from srec.inference.games import GameInfo
from srec.inference.golden import MOST_LIKED, TOP, Golden
from srec.inference.reference import reference_top_k
from srec.inference.runtimes.onnx import OnnxScorer
from srec.models.base import Scorer
from srec.models.compiler import temporary_cache
from srec.models.popularity import RecentPopularity, RecentPopularitySettings
from srec.models.session_model import SessionModel, TorchScorer
from srec.models.stored import Storable
from srec.ranking import top_k
from srec.training.runs import Run

GOLDEN_SESSIONS, GOLDEN_SINGLES = 48, 16


def export(dataset: Dataset, run: Run, target: Path, *, figures: Mapping[str, Any] | None = None) -> Bundle:
    """Write the bundle of a run, and check that a network scores as the torch model does.

    Args:
        dataset: what the run was trained on.
        run: the trained or counted model.
        target: where the bundle shall appear.
        figures: what a report measured of the run, as JSON values; kept in the bundle's config.

    Returns:
        The bundle, opened and checked.

    Raises:
        ArtifactError: the run belongs to another dataset, ``target`` is not a bundle, or the export scores
            differently.
    """
    inputs = {"dataset": dataset.fingerprint, "run": fingerprint(run.path)}
    version = SUM_VERSION if run.summed else COUNTED_VERSION if run.counted else VERSION
    parameters = {} if figures is None else {"figures": figures}
    if is_current(target, KIND, version, inputs=inputs, parameters=parameters):
        return Bundle(target)
    contents = _counted(dataset, run) if run.counted else _network(dataset, run)
    if figures is not None:
        contents.config["figures"] = dict(figures)
    with write_directory(target, KIND, contents.version, inputs=inputs, parameters=parameters) as draft:
        write_bundle(draft.path, contents)
        draft.facts["lineage"] = _lineage(dataset)
        if isinstance(contents.model, Network):
            exported = OnnxScorer(draft.path / ENCODER, contents.model.items)
            trained, length = run.scorer(dataset), run.training.max_length
            check_parity(trained, exported, dataset=dataset, max_length=length)
    return Bundle(target)


def _lineage(dataset: Dataset) -> dict[str, Any]:
    """Which reviews it comes from, for whoever publishes it: facts, which make no bundle another one."""
    newest = int(np.max(dataset.sequences.times, initial=0))
    day = datetime.fromtimestamp(newest, UTC).date().isoformat() if newest and dataset.has_games else None
    return {"store": dataset.manifest["inputs"].get("store"), "data_until": day}


def _network(dataset: Dataset, run: Run) -> BundleContents:
    """A trained model, and what it answers."""
    model, length = run.load(dataset), run.training.max_length
    scorer = TorchScorer(model)
    items_VD = scorer.table_VD[1:].numpy()
    games = read_games(dataset)

    def answer(items: list[int]) -> tuple[Ints, Floats]:
        with torch.no_grad():
            vectors_BD = model.encode(torch.tensor([items]), scorer.table_VD).numpy()
        found = reference_top_k(items_VD, vectors_BD, TOP, games.offered_V, [np.array(items) - 1])
        there = found.rows[0] >= 0
        return found.rows[0][there], found.scores[0][there]

    made = Network(encoder_onnx(model), items_VD)
    return _contents(dataset, run, made, games, answer=answer, max_length=length)


def _counted(dataset: Dataset, run: Run) -> BundleContents:
    """A counted model, and what it answers where all scores are computed and sorted."""
    model, games = run.load_counted(dataset), read_games(dataset)

    def answer(items: list[int]) -> tuple[Ints, Floats]:
        scores_V = model.score(np.array([items]))[0]
        scores_V[np.array(items) - 1] = -np.inf
        scores_V[~games.offered_V] = -np.inf
        rows = top_k(scores_V, TOP)
        rows = rows[np.isfinite(scores_V[rows])]
        return rows, scores_V[rows]

    return _contents(dataset, run, model, games, answer=answer, max_length=MOST_LIKED)


def _contents(
    dataset: Dataset,
    run: Run,
    model: Network | Storable,
    games: Catalogue,
    *,
    answer: Callable[[list[int]], tuple[Ints, Floats]],
    max_length: int,
) -> BundleContents:
    tags = dataset.tags
    assert tags.weights is not None
    popular = RecentPopularity.fit(dataset, RecentPopularitySettings(), "fit")
    return BundleContents(
        model=model,
        popularity=popular.scores_V,
        tag_offsets=np.asarray(tags.offsets),
        tag_ids=np.asarray(tags.ids),
        tag_weights=np.asarray(tags.weights),
        tag_names=list(tags.names),
        games=games.infos,
        golden=_golden(answer, dataset, max_length, games.infos),
        config={
            "model": run.model_name,
            "settings": run.settings,
            "max_length": max_length,
            "valid": run.valid,
            "simulated": dataset.simulated,
            "dataset": dataset.fingerprint,
            **({"hidden": games.hidden} if games.hidden else {}),
        },
        others=read_others(dataset),
    )


def _golden(
    answer: Callable[[list[int]], tuple[Ints, Floats]],
    dataset: Dataset,
    max_length: int,
    games: list[GameInfo],
) -> list[Golden]:
    """What the model answers to single games and to real sessions, some of each length."""
    data = examples(dataset.sequences, "fit", min(max_length, MOST_LIKED))
    spread = np.linspace(0, len(data) - 1, min(len(data), GOLDEN_SESSIONS), dtype=np.int64)
    by_length = np.argsort(data.lengths, kind="stable")[spread]
    sessions = [row_L[row_L > 0].tolist() for row_L in data.inputs(by_length)]
    singles = np.linspace(1, len(games), min(len(games), GOLDEN_SINGLES), dtype=np.int64)[:, None].tolist()
    made = []
    for items in [*singles, *sessions]:
        rows, scores = answer(items)
        made.append(
            Golden(
                tuple(games[item - 1].app_id for item in items),
                tuple(games[row].app_id for row in rows),
                tuple(scores.tolist()),
            )
        )
    return made


def check_parity(trained: Scorer, exported: Scorer, *, dataset: Dataset, max_length: int) -> None:
    """Score real sessions with both: every score must agree within 1e-5 of the largest.

    Args:
        trained: the torch model.
        exported: what was exported.
        dataset: whose sessions are scored.
        max_length: the newest items of a session that are input.

    Raises:
        ArtifactError: a score differs by more.
    """
    data = examples(dataset.sequences, "fit", max_length)
    chosen = np.linspace(0, len(data) - 1, min(len(data), 64), dtype=np.int64)
    items_BL = data.inputs(chosen)
    wanted_BV, got_BV = trained.score(items_BL), exported.score(items_BL)
    difference = float(np.abs(wanted_BV - got_BV).max())
    if difference > 1e-5 * max(float(np.abs(wanted_BV).max()), 1.0):
        raise ArtifactError(f"the exported model scores differently: by up to {difference:.2g}")


class FoldedEncoder(nn.Module):
    """Sessions to vectors, with the items' vectors folded into a constant.

    Args:
        model: trained.
    """

    def __init__(self, model: SessionModel) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("table_VD", model.item_table().detach().clone())

    def forward(self, items: Tensor) -> Tensor:
        """Vectors, float32 [B, D], of items, int64 [B, L], padded with 0 on the right."""
        return self.model.encode(items, self.get_buffer("table_VD"))


def encoder_onnx(model: SessionModel) -> bytes:
    """The model's encoder as ONNX: "items" int64 [B, L] to "vectors" float32 [B, D]; B and L are free."""
    encoder = FoldedEncoder(model).eval()
    example = torch.tensor([[1, 1, 1], [1, 1, 0]])
    free = {0: torch.export.Dim("B"), 1: torch.export.Dim("L")}
    with quiet(), temporary_cache():
        program = torch.onnx.export(
            encoder,
            (example,),
            dynamo=True,
            dynamic_shapes={"items": free},
            input_names=["items"],
            output_names=["vectors"],
            verbose=False,
        )
    assert program is not None
    return _without_notes(program.model_proto)


def _without_notes(model: Any) -> bytes:
    """The network without the exporter's notes, which name paths of this machine."""
    graph = model.graph
    parts = (model, graph, *graph.node, *graph.value_info, *graph.initializer, *graph.input, *graph.output)
    for part in parts:
        part.ClearField("metadata_props")
    return bytes(model.SerializeToString())


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the exporter: it warns of its own internals, and logs of a library that SRec does not use."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
