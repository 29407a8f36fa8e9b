"""Random and adversarial searches, against the reference; and answers of sums, against scoring everything."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Floats
from srec.environment import Environment
from srec.inference.exact import ExactTopK
from srec.inference.reference import Added, reference_scores, reference_top_k
from srec.inference.scans import kernels
from srec_bench.exactness.result import Case, ExactnessResult
from srec_bench.exactness.sums import SumCase

QUERIES = 4
KINDS = ("normal", "lengths", "huge", "tiny", "mixed", "equal", "near", "sparse")


def bench_exactness(
    cases: int, seed: int, counted: Callable[[int], None] = lambda done: None
) -> ExactnessResult:
    """Compare answers and scores with the reference's, to the last bit.

    Args:
        cases: the number of cases, each a matrix, a query, a k and a filter. The kernels take turns, and each
            matrix is searched with a few queries. Every other matrix is that of a sum, which visitors ask.
        seed: the same seed makes the same cases.
        counted: called with the number of finished cases.
    """
    names, done, differences, outside = kernels(), 0, 0, 0
    shares = dict.fromkeys(names, 0)
    added = sums = 0
    first: Case | None = None
    for number in range(-(-cases // QUERIES)):
        rng = np.random.default_rng([seed, number])
        turn, at = divmod(number, len(names))
        kernel, summed = names[at], turn % 2 == 1
        items_VD, vectors_BD, kind = _matrix(rng)
        allowed_V, excluded = _filters(rng, len(items_VD))
        if summed:
            case = SumCase.draw(rng, items_VD, visitors=QUERIES, allowed_V=allowed_V)
            wrong, beyond = case.wrong(kernel)
            sums += QUERIES
        else:
            k = int(rng.integers(1, len(items_VD) + 3))
            index = ExactTopK(items_VD, kernel, _typical(rng, vectors_BD))
            more = _added(rng, items_VD, vectors_BD)
            found = index.search(vectors_BD, k, allowed_V=allowed_V, excluded=excluded, added=more)
            wanted = reference_top_k(items_VD, vectors_BD, k, allowed_V, excluded, more)
            same_B = (found.rows == wanted.rows).all(1) & (found.scores == wanted.scores).all(1)
            wrong, beyond = int((~same_B).sum()), index.counts.outside
            added += QUERIES if more else 0
        outside += beyond
        if wrong:
            differences += wrong
            first = first or Case(seed=seed, number=number, kernel=kernel, kind=kind)
        done += QUERIES
        shares[kernel] += QUERIES
        counted(done)
    return ExactnessResult(
        environment=Environment.here(),
        seed=seed,
        cases=done,
        added=added,
        sums=sums,
        differences=differences,
        first=first,
        outside_bounds=outside,
        kernels=shares,
        kinds=KINDS,
    )


def _matrix(rng: np.random.Generator) -> tuple[Floats, Floats, str]:
    """Items [V, D], queries [4, D], and the kind of their numbers."""
    count, dimension = int(rng.integers(1, 100)), int(rng.integers(2, 40))
    kind = KINDS[int(rng.integers(len(KINDS)))]
    items_VD = rng.normal(size=(count, dimension))
    vectors_BD = rng.normal(size=(QUERIES, dimension))
    if kind == "lengths":
        items_VD *= np.exp2(rng.integers(-40, 40, (count, 1)))
    elif kind == "huge":
        items_VD *= 3e37
        vectors_BD *= 3e37
    elif kind == "tiny":
        items_VD *= np.exp2(rng.integers(-150, -120, (count, 1)))
        vectors_BD *= np.exp2(rng.integers(-150, -100, (QUERIES, 1)))
    elif kind == "mixed":
        items_VD *= np.exp2(rng.integers(-140, 120, (count, dimension)))
    elif kind == "equal":
        items_VD = items_VD[rng.integers(0, min(count, 3), count)]
    elif kind == "near":
        items_VD = items_VD[rng.integers(0, min(count, 2), count)]
        items_VD *= 1 + rng.integers(-2, 3, items_VD.shape) * 2.0**-24
    elif kind == "sparse":
        items_VD *= rng.random(items_VD.shape) < 0.1
        vectors_BD *= rng.random((QUERIES, 1)) < 0.7
    return np.clip(items_VD, -3e38, 3e38).astype(np.float32), vectors_BD.astype(np.float32), kind


def _typical(rng: np.random.Generator, vectors_BD: Floats) -> Floats | None:
    """The index's sample of queries: none, all, exactly one, their opposites, or unrelated ones."""
    told = (None, vectors_BD, vectors_BD[:1], -vectors_BD, rng.normal(size=vectors_BD.shape))
    return told[int(rng.integers(len(told)))]


def _filters(
    rng: np.random.Generator, count: int
) -> tuple[npt.NDArray[np.bool_] | None, list[npt.NDArray[np.int64]] | None]:
    """A filter of rows, and excluded rows for each query; each may be missing."""
    allowed_V = rng.random(count) < rng.choice([0.05, 0.5, 0.95]) if rng.random() < 0.5 else None
    excluded = [rng.integers(0, count, rng.integers(0, 8)) for _ in range(QUERIES)]
    return allowed_V, excluded if rng.random() < 0.5 else None


def _added(rng: np.random.Generator, items_VD: Floats, vectors_BD: Floats) -> list[Added] | None:
    """Numbers that are added to some rows' scores, for each query; they may be missing.

    Some lift a row to another one's score or next to it, some are of any size.
    """
    if rng.random() < 0.5:
        return None
    made = []
    for vector_D in vectors_BD:
        scores_V = reference_scores(items_VD, vector_D)
        rows = np.flatnonzero(rng.random(len(items_VD)) < rng.choice([0.05, 0.5, 1]))
        numbers = scores_V[rng.integers(0, len(items_VD), len(rows))] - scores_V[rows]
        numbers *= 1 + rng.integers(-2, 3, len(rows)) * 2.0 ** -rng.integers(1, 60)
        if rng.random() < 0.3:
            numbers = rng.normal(size=len(rows)) * 10.0 ** float(rng.integers(-300, 300))
        made.append(Added(rows, numbers))
    return made
