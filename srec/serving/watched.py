"""Counts every answer, and writes a line for it where the owner wants one: no input, no address."""

import logging
import time
from itertools import islice

import numpy as np
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from srec.inference.answers import Answer, Request
from srec.inference.bundle import Bundle
from srec.serving.counts import BOUNDS, FILTERED, Counts

logger = logging.getLogger("srec.requests")


class Answers:
    """Counts what visitors are shown.

    Args:
        bundle: what the answers are from.
        counts: where they are counted.
    """

    def __init__(self, bundle: Bundle, counts: Counts) -> None:
        self._counts = counts
        self._popular: list[int] = bundle.app_ids[np.argsort(-bundle.popularity, kind="stable")].tolist()

    def count(self, request: Request, answer: Answer, started: float) -> None:
        """Count an answer.

        Args:
            request: what was asked.
            answer: what the visitor gets.
            started: the ``perf_counter`` when the request was read.
        """
        seconds = time.perf_counter() - started
        add, kind = self._counts.add, ("seconds", answer.recommender, FILTERED[request.filters is not None])
        add(*kind, next(bound for bound in BOUNDS if seconds <= bound))
        add(*kind, "sum", by=seconds)
        named = {*request.liked, *request.disliked}
        add("named", by=len(named))
        add("unknown", by=len(answer.unknown))
        if not answer.infos:
            add("empty")
            return
        barred = named.union(request.excluded)
        left = (app_id for app_id in self._popular if app_id not in barred)
        add("shown", by=len(answer.infos))
        shown = {info.app_id for info in answer.infos}
        add("popular", by=len(shown.intersection(islice(left, len(shown)))))


class Watched:
    """An app whose answers are counted.

    Args:
        app: what answers.
        counts: where.
    """

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        self.app, self._counts = app, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the request; an app that fails has status 500."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, started = 500, time.perf_counter()

        async def send_watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_watched)
        finally:
            endpoint = _endpoint(scope)
            self._counts.add("requests", endpoint, f"{status // 100}xx")
            if self._counts.visited and logger.isEnabledFor(logging.INFO):
                ms = round(1000 * (time.perf_counter() - started), 2)
                facts = {"event": "request", "endpoint": endpoint, "status": status, "ms": ms}
                logger.info("%s: %d in %.2f ms", endpoint, status, ms, extra={"facts": facts})


def _endpoint(scope: Scope) -> str:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if path == "/api/recommend":
        return "recommend"
    if path.startswith("/api/games"):
        return "similar" if path.endswith("/similar") else "games"
    return "other"
