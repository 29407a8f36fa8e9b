"""How much the exact search reads: the rows that it scores, and the share of the codes' lower halves."""

import statistics
import time

import numpy as np

from srec.inference.exact import ExactTopK
from srec.inference.scans import ROWS, Counts
from srec_bench.inference.inputs import Inputs
from srec_bench.inference.result import Reading, Search, SearchWork
from srec_bench.inference.subject import Subject


def search_work(subject: Subject, inputs: Inputs, exclude: bool) -> SearchWork:
    """Means over inputs, for SRec's index and for one without knowledge of queries.

    Args:
        subject: the model.
        inputs: the sessions.
        exclude: whether the input's items are excluded from the answer.
    """
    indexes = subject.index, ExactTopK(subject.items_VD)
    found = {}
    for k in (10, 50):
        before, ratios = [index.counts for index in indexes], []
        for number, session in enumerate(inputs.sessions):
            vector_1D = subject.encode(session)
            excluded = [session[0] - 1 if exclude else np.zeros(0, np.int64)]
            seconds = [0.0, 0.0]
            for turn in (number % 2, 1 - number % 2):  # the first one finds the caches cold
                begun = time.perf_counter()
                indexes[turn].search(vector_1D, k, excluded=excluded)
                seconds[turn] = time.perf_counter() - begun
            ratios.append(seconds[1] / seconds[0])
        told, untold = (_reading(index, counts) for index, counts in zip(indexes, before, strict=True))
        found[k] = Search(told=told, untold=untold, times_untold=statistics.median(ratios))
    return SearchWork(kernel=subject.index.kernel, top_10=found[10], top_50=found[50])


def _reading(index: ExactTopK, before: Counts) -> Reading:
    queries = index.counts.queries - before.queries
    blocks = -(-len(index) // ROWS)
    return Reading(
        rescored=(index.counts.rescored - before.rescored) / queries,
        opened=(index.counts.opened - before.opened) / queries / blocks,
    )
