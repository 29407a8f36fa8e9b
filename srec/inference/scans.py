"""The native scan of ``exact``: int8 rows and what bounds their scores (docs/exactness.md, section 2).

Shapes: V rows, C some of them, D dimension, B queries.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Floats, Ints
from srec.inference.reference import Added, Found

try:
    from srec.inference import _scan
except ImportError:  # built without a compiler
    _scan = None  # type: ignore[assignment]

native = _scan  # None where there is none
NUMPY = "numpy"
ROWS, PAIR = 16, 8  # of a block: its rows, and the dimensions that lie together
SMALLEST = 2.0**-100  # bounds and scales below it are raised to it or are 0, so that nothing underflows
TINY = 2.0**-36  # of a length: more than what float64 rounds in a score of less than WIDEST numbers
WIDEST = 2**15  # numbers in a row, from which on a product of codes may not fit in 32 bits
_CHUNK = 4096  # rows worked on at a time, whole blocks
_SIMILAR = 1024  # rows whose shares count as similar


def kernels() -> list[str]:
    """The scans that can run here, the fastest first; "numpy" is always the last."""
    return [*(native.kernels() if native else ()), NUMPY]


@dataclass(frozen=True)
class Counts:
    """What searches came to.

    Attributes:
        queries: how many there were.
        outside: scores outside of their bounds. There are none, by the proof; where one appears nevertheless,
            the searches of its call are answered by the reference.
        rescored: rows that were scored as the reference does.
        opened: blocks of rows whose codes' lower halves were read too; 0 where there are none.
    """

    queries: int = 0
    outside: int = 0
    rescored: int = 0
    opened: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.queries + other.queries,
            self.outside + other.outside,
            self.rescored + other.rescored,
            self.opened + other.opened,
        )


class Wanted(NamedTuple):
    """Queries whose shapes fit; both scans refuse what else does not.

    Attributes:
        vectors_BD: float32 [B, D], the queries.
        allowed_V: bool [V]: the rows that may be answered; all where None.
        excluded: int64, the rows that may not be answered, of one query after the other.
        offsets_B1: int64 [B + 1]: where those of each query begin.
        added: what is added to scores, for each query; nothing where empty.
    """

    vectors_BD: Floats
    allowed_V: npt.NDArray[np.bool_] | None
    excluded: Ints
    offsets_B1: Ints
    added: Sequence[Added]


class NativeScan:
    """Int8 rows, and what bounds the part of a score that their codes leave open; section 2 of the proof."""

    def __init__(self, items_VD: Floats, scale: float, typical_BD: Floats, kernel: str) -> None:
        count, dimension = items_VD.shape
        blocks, pairs = -(-count // ROWS), -(-dimension // PAIR)
        # What all rows share changes no order: without it their codes are finer.
        centre_D = items_VD.sum(0, dtype=np.float64) / scale / count
        direction_D, slope = _direction(typical_BD.astype(np.float64))
        shares_V, rests_V, farthest = _split(items_VD, scale, centre_D, direction_D)
        order_V = _order(shares_V, rests_V, slope)
        planes = np.zeros((2, blocks, pairs, ROWS, PAIR // 2), np.uint8)
        scales_V, fine_V, coarse_V, norms_V, reach_V = np.zeros((5, blocks * ROWS), np.float32)
        crooked = 0.0
        for part in parts(count):
            places_C = order_V[part]
            rows_CD = items_VD[places_C].astype(np.float64) / scale - centre_D
            rows_CD -= shares_V[places_C, None] * direction_D
            crooked = max(crooked, float(np.abs(rows_CD @ direction_D).max()))
            scales_C1, codes_CD = _quantised(rows_CD)
            middles_CD = np.floor(codes_CD / 16) * 16 + 7.5  # of what the upper half of a code leaves open
            scales_V[part] = scales_C1[:, 0]
            fine_V[part] = norms_above(rows_CD - scales_C1 * codes_CD)
            coarse_V[part] = norms_above(rows_CD - scales_C1 * middles_CD)
            norms_V[part] = np.maximum(*(norms_above(scales_C1 * of_CD) for of_CD in (codes_CD, middles_CD)))
            reach_V[part] = norms_above(rows_CD)
            planes[:, part.start // ROWS : -(-part.stop // ROWS)] = _packed(codes_CD)
        self._all = np.zeros(0, np.uint8)
        padding = (0, blocks * ROWS - count)
        along_V = np.pad(shares_V[order_V], padding, mode="edge")
        of_blocks = [of_V.reshape(-1, ROWS) for of_V in (norms_V, reach_V, along_V)]
        self._scan = native.Scan(
            planes,
            np.stack([scales_V, fine_V, coarse_V, along_V]),
            np.stack([*(of_BR.max(1) for of_BR in of_blocks), of_blocks[2].min(1)]),
            np.pad(order_V.astype(np.int32), padding, constant_values=count),
            np.stack([centre_D, direction_D]),
            scale,
            TINY * (farthest + float(np.linalg.norm(centre_D))),
            2.0**-21 * float(np.abs(shares_V).max()) + crooked,
            items_VD,
            kernel,
        )

    def search(self, wanted: Wanted, k: int) -> tuple[Found, Counts]:
        """The k best rows of each query.

        Raises:
            ValueError: numbers that are not finite, or rows that there are not.
        """
        size = len(wanted.vectors_BD), k
        found = Found(np.empty(size, np.int64), np.empty(size))
        allowed_V = wanted.allowed_V
        counts = self._scan.search(
            wanted.vectors_BD,
            # The bytes of bools are 0 and 1.
            self._all if allowed_V is None else np.ascontiguousarray(allowed_V, np.bool_).view(np.uint8),
            wanted.offsets_B1,
            wanted.excluded,
            [one.rows for one in wanted.added],
            [one.numbers for one in wanted.added],
            found.rows,
            found.scores,
        )
        return found, Counts(len(wanted.vectors_BD), *counts)


def _quantised(rows_CD: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Scales [C, 1], which float32 holds exactly, and codes [C, D], integers from -127 to 127."""
    largest_C1 = np.abs(rows_CD).max(1, keepdims=True, initial=0)
    scales_C1 = (largest_C1 / 127).astype(np.float32).astype(np.float64)
    scales_C1[scales_C1 < SMALLEST] = 0
    codes_CD = np.rint(rows_CD / np.where(scales_C1 > 0, scales_C1, np.inf))
    return scales_C1, np.clip(codes_CD, -127, 127)


def norms_above(rows_CD: npt.NDArray[np.float64]) -> Floats:
    """float32 [C]: no less than the rows' lengths, and 0 only where that is 0."""
    norms_C = np.sqrt((rows_CD**2).sum(1)) * (1 + 1e-9)
    raised_C = np.nextafter(np.maximum(norms_C, SMALLEST).astype(np.float32), np.float32(np.inf))
    return np.where(norms_C > 0, raised_C, np.float32(0))


def _direction(typical_BD: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], float]:
    """Where queries lie, of length 1 or 0, and how long their rests are to one share of it."""
    largest = np.abs(typical_BD).max(initial=0) or 1
    mean_D = (typical_BD / largest).sum(0) / max(len(typical_BD), 1)
    length = float(np.linalg.norm(mean_D))
    if not length:
        return mean_D, 0.0
    direction_D = mean_D / length
    rests_BD = typical_BD / largest - np.outer(typical_BD / largest @ direction_D, direction_D)
    return direction_D, float(np.linalg.norm(rests_BD, axis=1).mean()) / length


def _split(
    items_VD: Floats, scale: float, centre_D: npt.NDArray[np.float64], direction_D: npt.NDArray[np.float64]
) -> tuple[Floats, npt.NDArray[np.float64], float]:
    """Each row's share of the direction, counted from the centre; the length of its rest; the longest row."""
    shares_V, rests_V, farthest = np.empty(len(items_VD), np.float32), np.empty(len(items_VD)), 0.0
    for part in parts(len(items_VD)):
        rows_CD = items_VD[part].astype(np.float64) / scale
        farthest = max(farthest, float(np.linalg.norm(rows_CD, axis=1).max()))
        rows_CD -= centre_D
        shares_V[part] = rows_CD @ direction_D
        rests_V[part] = np.linalg.norm(rows_CD - shares_V[part, None] * direction_D, axis=1)
    return shares_V, rests_V, farthest


def _packed(codes_CD: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """uint8 [2, blocks, pairs, ROWS, PAIR / 2]: upper halves of the codes, two to a byte, and lower ones."""
    count, dimension = codes_CD.shape
    blocks, pairs = -(-count // ROWS), -(-dimension // PAIR)
    padded = np.full((blocks * ROWS, pairs * PAIR), 128, np.uint8)
    padded[:count, :dimension] = codes_CD + 128
    halves = padded.reshape(blocks, ROWS, pairs, 2, PAIR // 2).transpose(3, 0, 2, 1, 4)
    return np.stack([halves[0] >> 4 | halves[1] & 0xF0, halves[0] & 0x0F | halves[1] << 4])


def _order(shares_V: Floats, rests_V: Floats, slope: float) -> Ints:
    """Rows such that blocks have similar shares and lengths, and those come first that can score the most."""
    order_V = np.argsort(-shares_V, kind="stable")
    similar_V = np.arange(len(order_V)) // _SIMILAR
    order_V = order_V[np.lexsort((-rests_V[order_V], similar_V))]
    most_V = shares_V[order_V] + slope * rests_V[order_V]
    blocks_V = np.arange(len(order_V)) // ROWS
    best_N = np.maximum.reduceat(most_V, np.arange(0, len(order_V), ROWS))
    # The last block stays where it is: it may not be full.
    rank_N = np.empty(len(best_N), np.int64)
    rank_N[np.append(np.argsort(-best_N[:-1], kind="stable"), len(best_N) - 1)] = np.arange(len(best_N))
    ordered_V: Ints = order_V[np.argsort(rank_N[blocks_V], kind="stable")]
    return ordered_V


def parts(count: int) -> Iterator[slice]:
    """Of an array, some thousand rows each."""
    return (slice(first, min(first + _CHUNK, count)) for first in range(0, count, _CHUNK))
