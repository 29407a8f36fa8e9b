"""How a dataset is split into training, validation and test: by time, by each user's last game, by users."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from srec.dataset.dataset import Ints
from srec.dataset.splits import SHOWS
from srec.errors import SRecError
from srec.prepare.engine import Engine

_Numbers = npt.NDArray[np.int64]
_EPOCH = datetime(1970, 1, 1)
#: Sessions that are looked at together.
_TOGETHER = 1 << 18
#: Users are held out by their keys' last digits.
_DRAWN = 1_000_000


@dataclass(frozen=True)
class Written:
    """The sessions of a dataset that is being written, U users with N interactions.

    Attributes:
        times: int64 [N], seconds since 1970, UTC; 0 where unknown.
        offsets: int64 [U + 1].
        dropped: int64 [U], how many test games of each user are no items.
    """

    times: Ints
    offsets: _Numbers
    dropped: _Numbers


@dataclass(frozen=True)
class Piece:
    """Some whole sessions of a written dataset, u users with n interactions.

    Attributes:
        parts: int64 [n], 0 training, 1 validation, 2 test.
        times: int64 [n].
        users: int64 [n], counted from 0, ascending.
        lengths: int64 [u].
        dropped: int64 [u], as in ``Written``.
    """

    parts: _Numbers
    times: Ints
    users: _Numbers
    lengths: _Numbers
    dropped: _Numbers


class Split(Protocol):
    """A way to split. Making one also makes the engine's ``vocabulary``: the games known before the test."""

    def facts(self, *, undated: bool) -> dict[str, Any]:
        """What the manifest says of the split.

        Args:
            undated: whether some interactions have no date.
        """
        ...

    def ends(self, engine: Engine, written: Written) -> tuple[_Numbers, _Numbers]:
        """The ends of each session's training and validation, as ``Sequences`` has them; int64 [U] each.

        Args:
            engine: it has the table ``users``.
            written: the sessions.

        Raises:
            SRecError: nothing is left to learn from or to test on.
        """
        ...

    def misplaced(self, piece: Piece) -> int:
        """How many interactions stand in another part than the split says."""
        ...


@dataclass(frozen=True)
class TimeSplit:
    """What was liked after a moment is the test, and what was liked in the days before it the validation."""

    train_until: datetime  # UTC, whole seconds
    valid_until: datetime

    @classmethod
    def of(cls, engine: Engine, *, test_days: float, valid_days: float) -> Self:
        """Find the moments.

        Args:
            engine: as ``choose`` has it once users and games are chosen.
            test_days: the last days before the latest review.
            valid_days: the days before those.

        Raises:
            SRecError: no review has a date, or the windows leave nothing to train on.
        """
        engine.run("prepare_firsts")
        last: datetime | None = engine.rows("SELECT max(created_at) FROM dated")[0][0]
        if last is None:
            raise SRecError("no review has a date to split by: set prepare.split to last or to users")
        first: datetime = engine.rows("SELECT min(first_at) FROM first_likes")[0][0]
        # In whole seconds, as the times of a dataset are.
        valid_until = (last - timedelta(days=test_days)).replace(microsecond=0)
        train_until = (valid_until - timedelta(days=valid_days)).replace(microsecond=0)
        if train_until < first:
            raise SRecError(
                f"the reviews span {(last - first).days} days: shorten prepare.test_days and"
                " prepare.valid_days"
            )
        engine.run("prepare_vocabulary", valid_until=valid_until)
        return cls(train_until, valid_until)

    def facts(self, *, undated: bool) -> dict[str, Any]:
        """As ``Split.facts``; where all is dated, only the moments."""
        said = {"kind": "time", "shows": f"{SHOWS['time']} {_UNDATED}"} if undated else {}
        return {
            "train_until": self.train_until.isoformat(),
            "valid_until": self.valid_until.isoformat(),
        } | said

    def ends(self, engine: Engine, written: Written) -> tuple[_Numbers, _Numbers]:
        """As ``Split.ends``."""
        return _until(written, self.train_until), _until(written, self.valid_until)

    def misplaced(self, piece: Piece) -> int:
        """As ``Split.misplaced``."""
        due = (piece.times > _seconds(self.train_until)).astype(int)
        return int((piece.parts != due + (piece.times > _seconds(self.valid_until))).sum())


class LastSplit:
    """Each user's last game is the test, and the second last the validation; a test needs an input."""

    @classmethod
    def of(cls, engine: Engine) -> Self:
        """Number the games.

        Args:
            engine: as ``choose`` has it once users and games are chosen.
        """
        engine.run("prepare_vocabulary_last")
        return cls()

    def facts(self, *, undated: bool) -> dict[str, Any]:
        """As ``Split.facts``."""
        return {"kind": "last", "shows": SHOWS["last"]}

    def ends(self, engine: Engine, written: Written) -> tuple[_Numbers, _Numbers]:
        """As ``Split.ends``."""
        whole = np.diff(written.offsets) + written.dropped
        # Only last games can be unknown: where one was dropped, there is nothing to test.
        tested = (whole >= 2) & (written.dropped == 0)
        valid_ends = written.offsets[1:] - tested
        return valid_ends - (whole >= 3), valid_ends

    def misplaced(self, piece: Piece) -> int:
        """As ``Split.misplaced``."""
        ends = np.cumsum(piece.lengths)
        whole = (piece.lengths + piece.dropped)[piece.users]
        back = ends[piece.users] - np.arange(len(piece.users)) + piece.dropped[piece.users]
        due = np.where((back == 1) & (whole >= 2), 2, np.where((back == 2) & (whole >= 3), 1, 0))
        return int((piece.parts != due).sum())


@dataclass(frozen=True)
class UsersSplit:
    """Some users are the test, as many others the validation; the rest are learnt from."""

    share: float

    @classmethod
    def of(cls, engine: Engine, *, share: float) -> Self:
        """Number the games.

        Args:
            engine: as ``choose`` has it once users and games are chosen.
            share: of the users, held out for the test, and again for validation.
        """
        engine.run("prepare_vocabulary_users", tested=round(share * _DRAWN))
        return cls(share)

    def facts(self, *, undated: bool) -> dict[str, Any]:
        """As ``Split.facts``."""
        return {"kind": "users", "shows": SHOWS["users"], "held_out_share": self.share}

    def ends(self, engine: Engine, written: Written) -> tuple[_Numbers, _Numbers]:
        """As ``Split.ends``."""
        tested = round(self.share * _DRAWN)
        batches = engine.stream("prepare_held", tested=tested, held=2 * tested)
        parts = np.concatenate([batch.column("part").to_numpy() for batch in batches])
        if set(parts.tolist()) != {0, 1, 2}:
            raise SRecError(
                f"{len(parts):,} users are too few to hold out a share of {self.share} of them twice: raise"
                " prepare.held_out_share, or set prepare.split to last"
            )
        first, last = written.offsets[:-1], written.offsets[1:]
        return np.where(parts == 0, last, first), np.where(parts < 2, last, first)

    def misplaced(self, piece: Piece) -> int:
        """As ``Split.misplaced``; who was held out is not known here, but nobody is in two parts."""
        same = piece.users[1:] == piece.users[:-1]
        return int((same & (piece.parts[1:] != piece.parts[:-1])).sum())


_UNDATED = "What has no date is all learnt from, and may be newer than the test."


def _seconds(moment: datetime) -> int:
    return int((moment - _EPOCH).total_seconds())


def _until(written: Written, moment: datetime) -> _Numbers:
    """Where in each session what came after a moment begins."""
    offsets, until = written.offsets, _seconds(moment)
    ends = offsets[:-1].copy()
    for first in range(0, len(ends), _TOGETHER):
        places = offsets[first : first + _TOGETHER + 1]
        known = np.concatenate(([0], np.cumsum(written.times[places[0] : places[-1]] <= until)))
        ends[first : first + _TOGETHER] += np.diff(known[places - places[0]])
    return ends
