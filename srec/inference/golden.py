"""Golden requests: what the trained torch model answered when a bundle was exported, kept in the bundle.

Before anything is served, the engine and the server must give the same answers. Scores may differ by the
rounding of float32, and games whose scores are closer than that may change places; nothing else may differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from srec.errors import ArtifactError

TOP = 50
MOST_LIKED = 100  # games of a request: the API takes no more, so a golden one has no more
TOLERANCE = 1e-5  # of the larger of 1 and the best score


@dataclass(frozen=True)
class Golden:
    """One request and its answer.

    Attributes:
        liked: app ids, the oldest first.
        app_ids: the best games, best first, without those liked.
        scores: theirs, as the torch model's vectors give them.
    """

    liked: tuple[int, ...]
    app_ids: tuple[int, ...]
    scores: tuple[float, ...]


def check_answer(where: str, golden: Golden, *, app_ids: Sequence[int], scores: Sequence[float]) -> None:
    """Compare an answer with the golden one.

    Args:
        where: the part that answered, for the message.
        golden: the request and its answer.
        app_ids: the answer's games, best first.
        scores: theirs.

    Raises:
        ArtifactError: they differ by more than rounding; one line names the first difference.
    """
    request = f"{where} answers the golden request {list(golden.liked)} differently"
    if len(app_ids) != len(golden.app_ids):
        raise ArtifactError(f"{request}: {len(app_ids)} games where there were {len(golden.app_ids)}")
    tolerance = TOLERANCE * max(1.0, *map(abs, golden.scores)) if golden.scores else 0.0
    known = dict(zip(golden.app_ids, golden.scores, strict=True))
    last = golden.scores[-1] if golden.scores else 0.0
    for place, (app_id, score) in enumerate(zip(app_ids, scores, strict=True)):
        then, theirs = golden.app_ids[place], golden.scores[place]
        # A game that is new among the best must be as good as the last of them.
        if max(abs(score - theirs), abs(score - known.get(app_id, last))) > tolerance:
            raise ArtifactError(
                f"{request}: at place {place + 1} there is game {app_id} with {score:.6g},"
                f" where there was game {then} with {theirs:.6g}"
            )
