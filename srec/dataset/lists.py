"""Sessions in memory, numbered and split as a dataset wants them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from srec.dataset.writing import write_whole_sessions
from srec.errors import SettingsError

TestSessions = float | Sequence[tuple[Sequence[int], int]]
_Ids = npt.NDArray[np.int64]
_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class NumberedSessions:
    """What ``write_whole_sessions`` takes, from lists of ids."""

    items: _Ids  # [N], 1..V
    lengths: _Ids  # [S]
    trained: int
    known: int
    test_from: _Ids  # [S - known]
    app_ids: _Ids  # [V + 1]
    repeats: bool

    @classmethod
    def split(
        cls,
        sessions: Sequence[Sequence[int]],
        *,
        test: TestSessions,
        valid_share: float,
        repeats: bool | None,
    ) -> "NumberedSessions":
        """Number and split sessions; see ``Dataset.from_sessions``.

        Raises:
            SettingsError: they cannot be split so, or an id is no positive 32-bit integer.
        """
        _check_ids(list(chain.from_iterable(sessions)))
        learnt = [list(session) for session in sessions if len(session)]
        if isinstance(test, float | Real):
            share = _checked_share("test", test)
            cut = len(learnt) - max(1, round(share * len(learnt)))
            learnt, asked = learnt[:cut], learnt[cut:]
            there = set(chain.from_iterable(learnt))
            asked = [kept for session in asked if len(kept := [one for one in session if one in there]) > 1]
            begins = [1] * len(asked)
        else:
            asked = [[*given, target] for given, target in test]
            _check_ids(list(chain.from_iterable(asked)))
            begins = [len(session) - 1 for session in asked]
        trained = len(learnt) - round(_checked_share("valid_share", valid_share) * len(learnt))
        if not trained or not asked or min(begins) < 1:
            raise SettingsError(
                f"{len(learnt)} sessions to learn from and {len(asked)} to test on are too few, or a test"
                " example has an empty input: give more sessions"
            )
        if repeats is None:
            repeats = any(len(set(session)) < len(session) for session in learnt)
        lengths = np.array([len(session) for session in learnt + asked])
        items, app_ids = _number(list(chain.from_iterable(learnt + asked)))
        return cls(items, lengths, trained, len(learnt), np.array(begins), app_ids, repeats)

    def write(self, target: Path) -> None:
        """Write them as a dataset directory, unless it is there."""
        digest = hashlib.sha256(b"".join(array.tobytes() for array in self._arrays())).hexdigest()
        write_whole_sessions(
            target,
            self.items,
            self.lengths,
            trained=self.trained,
            known=self.known,
            test_from=self.test_from,
            app_ids=self.app_ids,
            repeats=self.repeats,
            inputs={"sessions": digest},
            parameters={"trained": self.trained, "known": self.known, "repeats": self.repeats},
        )

    def _arrays(self) -> tuple[_Ids, ...]:
        return self.items, self.lengths, self.test_from, self.app_ids


def _checked_share(name: str, share: float | Real) -> float:
    if not 0 <= float(share) < 1:
        raise SettingsError(f"{name} is {share}: give a share of the sessions, from 0 to less than 1")
    return float(share)


def _check_ids(ids: list[Any]) -> None:
    given = np.asarray(ids)
    if len(ids) and (given.dtype.kind not in "iu" or given.min() < 1 or given.max() > _LARGEST):
        raise SettingsError(f"item ids must be whole numbers from 1 to {_LARGEST}")


def _number(ids: list[Any]) -> tuple[_Ids, _Ids]:
    """The ids numbered 1..V in ascending order, and the ids by their number."""
    kept, numbers = np.unique(np.asarray(ids), return_inverse=True)
    return numbers.astype(np.int64) + 1, np.concatenate(([0], kept)).astype(np.int64)
