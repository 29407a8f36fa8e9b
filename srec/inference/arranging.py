"""An answer that is not only the best games: varied, or drawn. The same request always gets the same answer.

Both look at a pool of the best games, whatever number is asked for, so an answer of 24 begins with the one of
12. Shapes: P games of the pool, T tags.
"""

from collections.abc import Callable, Sequence

import numpy as np

POOL = 400  # the games that a varied or drawn answer is made of


def arrange(
    best: Callable[[int], list[int]],
    tags_of: Callable[[Sequence[int]], list[set[str]]],
    k: int,
    *,
    variety: float,
    seed: int | None,
) -> list[int]:
    """The rows of an answer.

    Args:
        best: gives that many rows, the best first, or all that there are.
        tags_of: gives the tags of rows.
        k: how many rows.
        variety: from 0 to 1. Each next row has the least sum of its rank, as a share of the pool, and of the
            largest share of its tags that one before it has, too, with this weight: maximal marginal
            relevance (Carbonell and Goldstein, 1998), of ranks.
        seed: of a draw before that, by Gumbel noise on the ranks' logarithms, which draws a rank r with the
            chance 1 / r among those left; None draws nothing.
    """
    if k <= 0:
        return []
    if not variety and seed is None:
        return best(k)
    pool = best(max(POOL, k))
    if seed is not None:
        noise = np.random.default_rng(seed).gumbel(size=len(pool))
        keys = -np.log(np.arange(1, len(pool) + 1)) + noise
        pool = [pool[at] for at in np.argsort(-keys, kind="stable").tolist()]
    return _varied(pool, tags_of(pool), k, variety) if variety else pool[:k]


def _varied(pool: Sequence[int], tags: Sequence[set[str]], k: int, variety: float) -> list[int]:
    names = sorted(set().union(*tags))
    having = [[name in one for name in names] for one in tags]
    having_PT = np.array(having, np.float32).reshape(len(pool), len(names))
    counts_P, ranks_P = having_PT.sum(1), np.arange(len(pool)) / max(len(pool), 1)
    alike_P, left_P = np.zeros(len(pool)), np.ones(len(pool), np.bool_)
    chosen = []
    for _ in range(min(k, len(pool))):
        costs_P = np.where(left_P, (1 - variety) * ranks_P + variety * alike_P, np.inf)
        at = int(np.argmin(costs_P))
        chosen.append(pool[at])
        left_P[at] = False
        common_P = having_PT @ having_PT[at]
        alike_P = np.maximum(alike_P, common_P / np.maximum(counts_P + counts_P[at] - common_P, 1))
    return chosen
