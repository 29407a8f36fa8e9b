"""Times the parts of an answer without HTTP, in this process."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from srec.inference.answers import Request
from srec.inference.exact import ExactTopK
from srec.inference.explanations import TagExplanations
from srec.inference.recommender import Recommender
from srec.inference.runtimes.onnx import OnnxEncoder
from srec.serving.answers import AnswerWriter
from srec.serving.schema import RecommendRequest
from srec.serving.site import Site

INSIDE = (
    (OnnxEncoder, "encode", "encoder"),
    (ExactTopK, "search", "scoring"),
    (TagExplanations, "shared", "explanations"),
)
PARTS = ("validation", "encoder", "scoring", "explanations", "rest of the recommender", "JSON")


def parts(recommender: Recommender, bodies: Sequence[bytes], together: int) -> tuple[dict[str, float], int]:
    """Answer requests as the API does, without a server.

    Args:
        recommender: the recommender that answers.
        bodies: the requests, as JSON.
        together: how many are answered at once.

    Returns:
        The median microseconds of each of PARTS for one request, and the median bytes of an answer.
    """
    writer, sizes = AnswerWriter(recommender, Site()), list[int]()
    # The first round fills the caches, such as the games' parts of an answer.
    for clock in (_Clock(), _Clock()):
        for first in range(0, len(bodies), together):
            some = bodies[first : first + together]
            asked = clock.timed("validation", lambda some: list(map(_read, some)))(some)
            with ExitStack() as stack:
                for owner, name, part in INSIDE:
                    stack.enter_context(patch.object(owner, name, clock.timed(part, getattr(owner, name))))
                answers = clock.timed("recommender", recommender.answer)(asked)
            contents = clock.timed("JSON", lambda answers: list(map(writer.answer, answers)))(answers)
            sizes += map(len, contents)
            clock.end(len(some))
    return clock.medians(), round(statistics.median(sizes))


def _read(body: bytes) -> Request:
    return RecommendRequest.model_validate_json(body).read({})


class _Clock:
    """Sums the time of calls by the part that they belong to, for each lot of requests."""

    def __init__(self) -> None:
        self._now: dict[str, float] = defaultdict(float)
        self._lots: list[dict[str, float]] = []

    def timed(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            result = call(*given, **named)
            self._now[part] += time.perf_counter() - begun
            return result

        return measured

    def end(self, requests: int) -> None:
        """End a lot that had this many requests."""
        spent = self._now
        spent["rest of the recommender"] = spent["recommender"] - sum(spent[part] for _, _, part in INSIDE)
        self._lots.append({part: spent[part] / requests for part in PARTS})
        self._now = defaultdict(float)

    def medians(self) -> dict[str, float]:
        """Microseconds for one request."""
        return {part: 1e6 * statistics.median(lot[part] for lot in self._lots) for part in PARTS}
