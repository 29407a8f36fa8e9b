"""Asks two recommenders of the same games in turns, and times the parts of their answers."""

import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from threadpoolctl import threadpool_limits

from srec.dataset.dataset import Ints
from srec.environment import Environment
from srec.inference.answers import Filters
from srec.inference.exact import ExactTopK
from srec.inference.explanations import TagExplanations
from srec.inference.recommender import Recommender
from srec.inference.runtimes.onnx import OnnxEncoder
from srec.inference.scans import ROWS
from srec.inference.summed import Summed
from srec_bench.answers.made_up import FILTERS, bundles
from srec_bench.answers.result import AnswersResult, Cost
from srec_bench.inference.result import Reading

MOST_LIKED, TOP, BLOCK = 5, 10, 100
#: The parts of an answer; a later one may lie inside of an earlier one, which then counts without it.
INSIDE: tuple[tuple[type, str, str], ...] = (
    (OnnxEncoder, "encode", "encoder"),
    (Summed, "find", "named games"),
    (ExactTopK, "search", "search"),
    (Summed, "parts", "parts"),
    (TagExplanations, "shared", "tags"),
)
REST = "rest"


def bench_answers(
    games: int, requests: int, say: Callable[[str], None] = lambda doing: None
) -> AnswersResult:
    """Time answers of GCE-GNN and of a sum, without and with filters, on one core.

    Args:
        games: how many games to make up.
        requests: how many lists of games each of the four is asked for.
        say: called with a line about the current work.
    """
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        say("making up two bundles")
        network, summed = map(Recommender, bundles(Path(folder), games))
        lists = made_up(network.bundle.app_ids, requests)
        turns = [(one, filters) for one in (network, summed) for filters in (None, FILTERS)]
        for one, filters in turns:
            say("warming up")
            _ask(one, lists[:BLOCK], filters)
        blocks = [lists[at : at + BLOCK] for at in range(0, requests, BLOCK)]
        spent = []
        for number, block in enumerate(blocks, 1):
            say(f"block {number} of {len(blocks)}")
            spent.append([_ask(one, block, filters) for one, filters in turns])
        say("timing the parts")
        splits = [_split(one, blocks) for one in (network, summed)]
        say("counting what is read")
        read = [_read(one, lists, filters) for one, filters in turns]
        allowed_V = summed._filtering.allowed(FILTERS)
    medians = [statistics.median(column) for column in zip(*spent, strict=True)]
    return AnswersResult(
        environment=Environment.here(),
        games=games,
        requests=requests,
        k=TOP,
        allowed=float(allowed_V.mean()),
        kernel=summed.index.kernel,
        gce_gnn=_cost(medians[:2], splits[0], read[:2]),
        sum=_cost(medians[2:], splits[1], read[2:]),
        ratio=statistics.median(plain / filtered for plain, _, _, filtered in spent),
        ratio_filtered=statistics.median(theirs / ours for _, theirs, _, ours in spent),
    )


def made_up(app_ids: Ints, count: int, seed: int = 0) -> list[list[int]]:
    """Lists of 1 to 5 different games."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, min(MOST_LIKED, len(app_ids)) + 1, count)
    return [rng.choice(app_ids, size, replace=False).tolist() for size in sizes]


def _ask(recommender: Recommender, lists: Sequence[list[int]], filters: Filters | None) -> float:
    """Microseconds of processor time for an answer."""
    begun = time.process_time()
    for liked in lists:
        recommender.recommend(liked, k=TOP, filters=filters)
    return 1e6 * (time.process_time() - begun) / len(lists)


def _cost(medians: Sequence[float], split_us: dict[str, float], read: Sequence[Reading]) -> Cost:
    (plain_us, filtered_us), (plain_read, filtered_read) = medians, read
    return Cost(
        plain_us=plain_us,
        filtered_us=filtered_us,
        split_us=split_us,
        plain_read=plain_read,
        filtered_read=filtered_read,
    )


def _read(recommender: Recommender, lists: Sequence[list[int]], filters: Filters | None) -> Reading:
    index, blocks = recommender.index, -(-len(recommender.index) // ROWS)
    before = index.counts
    _ask(recommender, lists, filters)
    return Reading(
        rescored=(index.counts.rescored - before.rescored) / len(lists),
        opened=(index.counts.opened - before.opened) / len(lists) / blocks,
    )


def _split(recommender: Recommender, blocks: Sequence[Sequence[list[int]]]) -> dict[str, float]:
    """Microseconds of each part of an answer with filters, the median over blocks."""
    found = []
    with _timed() as spent:
        for block in blocks:
            spent.clear()
            whole = _ask(recommender, block, FILTERS)
            parts = {part: 1e6 * spent[part] / len(block) for _, _, part in INSIDE if part in spent}
            found.append({**parts, REST: whole - sum(parts.values())})
    return {part: statistics.median(one[part] for one in found) for part in found[0]}


@contextmanager
def _timed() -> Iterator[dict[str, float]]:
    """The seconds spent in each of INSIDE, without those that it spends in others."""
    spent: dict[str, float] = defaultdict(float)
    inner = [0.0]  # what the calls inside of each open one took

    def measured(part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            inner.append(0.0)
            begun = time.process_time()
            result = call(*given, **named)
            took = time.process_time() - begun
            spent[part] += took - inner.pop()
            inner[-1] += took
            return result

        return timed

    with ExitStack() as stack:
        for owner, name, part in INSIDE:
            stack.enter_context(patch.object(owner, name, measured(part, getattr(owner, name))))
        yield spent
