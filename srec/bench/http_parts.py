"""Where the time of an answer goes that is not spent on HTTP: timed in this process, part by part."""

import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from srec.inference.exact import ExactTopK
from srec.inference.explanations import TagExplanations
from srec.inference.recommender import Recommender
from srec.inference.runtimes.onnx import OnnxEncoder
from srec.serving.answers import AnswerWriter
from srec.serving.api import RecommendRequest

INSIDE = (
    (OnnxEncoder, "encode", "encoder"),
    (ExactTopK, "search", "scoring"),
    (TagExplanations, "shared", "explanations"),
)
PARTS = ("validation", "encoder", "scoring", "explanations", "rest of the recommender", "JSON")


def parts(recommender: Recommender, bodies: Sequence[bytes]) -> tuple[dict[str, float], int]:
    """Answer requests as the API does, without a server.

    Args:
        recommender: who answers.
        bodies: requests, as JSON.

    Returns:
        The median microseconds of each of PARTS, and the median bytes of an answer.
    """
    writer, clock, sizes = AnswerWriter(recommender), _Clock(), []
    # The first round makes what is kept, such as the games' parts of an answer.
    for seen in (_Clock(), clock):
        for body in bodies:
            request = seen.timed(
                "validation", lambda body: RecommendRequest.model_validate(json.loads(body))
            )(body)
            with ExitStack() as stack:
                for owner, name, part in INSIDE:
                    stack.enter_context(patch.object(owner, name, seen.timed(part, getattr(owner, name))))
                answer = seen.timed("recommender", recommender.recommend)(request.liked, k=request.k)
            sizes.append(len(seen.timed("JSON", writer.answer)(answer)))
    found = clock.medians()
    found["rest of the recommender"] = found["recommender"] - sum(found[part] for _, _, part in INSIDE)
    return {part: found[part] for part in PARTS}, round(statistics.median(sizes))


class _Clock:
    """Notes how long calls take, by the part that they belong to."""

    def __init__(self) -> None:
        self._seconds: dict[str, list[float]] = defaultdict(list)

    def timed(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            result = call(*given, **named)
            self._seconds[part].append(time.perf_counter() - begun)
            return result

        return measured

    def medians(self) -> dict[str, float]:
        """Microseconds."""
        return {part: 1e6 * statistics.median(spent) for part, spent in self._seconds.items()}
