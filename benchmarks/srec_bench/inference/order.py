"""Whether a contender's lists equal the reference's, and the loss if they do not.

The reference order is that of the float64 scores of the float32 vectors, ties by the lower row, as
``srec.inference.reference`` defines them. It is independent of the engine that is measured against it.
Shapes: V items, K places of a list, N inputs.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from srec.dataset.dataset import Floats, Ints
from srec.evaluation.metrics import accuracy
from srec.inference.reference import best, reference_scores
from srec_bench.inference.contender import Contender, Rows, Scoring
from srec_bench.inference.inputs import Inputs
from srec_bench.inference.result import Order
from srec_bench.inference.subject import Subject

LONG, SHORT, METRICS_AT = 50, 10, 20


class Reference:
    """The lists that every contender is compared with, and those of SRec's torch path in float32.

    Attributes:
        excluded: for each input, the rows that must not be answers.
        lists: for each input, the reference's best rows, at most LONG.
        lists_NK: the same as int64 [N, K], padded with -1.
        torch_NK: int64 [N, K], the torch path's.
    """

    def __init__(self, subject: Subject, inputs: Inputs, exclude: bool) -> None:
        self.excluded: list[Ints] = [
            session[0] - 1 if exclude else np.zeros(0, np.int64) for session in inputs.sessions
        ]
        torch = Scoring(subject.torch_scorer)
        lists, of_torch = [], []
        norms_V = np.linalg.norm(subject.items_VD, axis=1)
        for session, excluded in zip(inputs.sessions, self.excluded, strict=True):
            vector_D = subject.encode(session)[0]
            lists.append(reference_list(subject.items_VD, norms_V, vector_D, excluded=excluded, k=LONG))
            of_torch.append(torch.top(session, len(lists[-1]), excluded))
        self.lists = lists
        self.lists_NK, self.torch_NK = _padded(lists), _padded(of_torch)


def reference_list(items_VD: Floats, norms_V: Floats, vector_D: Floats, *, excluded: Rows, k: int) -> Ints:
    """The reference's k best rows: it scores exactly all rows that float32's rounding cannot rule out."""
    slacks_V = 2.0**-23 * (len(vector_D) + 8) * np.linalg.norm(vector_D) * norms_V
    scores_V = items_VD @ vector_D
    lowers_V, uppers_V = scores_V - slacks_V, scores_V + slacks_V
    lowers_V[excluded] = uppers_V[excluded] = -np.inf
    k = min(k, len(scores_V) - len(excluded))
    rows = np.flatnonzero(uppers_V >= np.partition(lowers_V, len(lowers_V) - k)[len(lowers_V) - k])
    return best(rows, reference_scores(items_VD[rows], vector_D), k)[0]


def agreement(contender: Contender, inputs: Inputs, *, reference: Reference, item_count: int) -> Order:
    """How a contender's order compares with the reference's."""
    lists, taus, farthest = [], [], 0
    for session, excluded, wanted in zip(inputs.sessions, reference.excluded, reference.lists, strict=True):
        rows_K, places_K = contender.order(session, excluded, wanted)
        lists.append(rows_K)
        taus.append(kendall(places_K))
        farthest = max(farthest, int(np.abs(places_K - np.arange(len(places_K))).max(initial=0)))
    lists_NK = _padded(lists)
    metrics: Mapping[str, float] = {}
    if inputs.targets is not None:
        hits_NK = lists_NK[:, :METRICS_AT] == inputs.targets[:, None] - 1
        ranks_N = np.where(hits_NK.any(1), 1 + hits_NK.argmax(1), item_count)
        metrics = accuracy(ranks_N, (METRICS_AT,))
    return Order(
        exact_10=_same(lists_NK, reference.lists_NK, SHORT),
        exact_50=_same(lists_NK, reference.lists_NK, LONG),
        torch_10=_same(lists_NK, reference.torch_NK, SHORT),
        torch_50=_same(lists_NK, reference.torch_NK, LONG),
        tau=float(np.mean(taus)),
        displacement=farthest,
        hr_20=metrics.get(f"HR@{METRICS_AT}"),
        mrr_20=metrics.get(f"MRR@{METRICS_AT}"),
    )


def _same(lists_NK: Ints, wanted_NK: Ints, k: int) -> float:
    """The share of lists that begin with the same k rows."""
    return float((lists_NK[:, :k] == wanted_NK[:, :k]).all(1).mean())


def kendall(places_K: Ints) -> float:
    """Kendall's tau of places that would be ascending in full agreement; they are all different."""
    count = len(places_K)
    if count < 2:
        return 1.0
    discordant = np.count_nonzero(np.triu(places_K[:, None] > places_K, 1))
    return 1 - 4 * discordant / (count * (count - 1))


def _padded(lists: Sequence[Ints]) -> Ints:
    padded_NK = np.full((len(lists), LONG), -1, np.int64)
    for padded_K, rows in zip(padded_NK, lists, strict=True):
        padded_K[: len(rows)] = rows
    return padded_NK
