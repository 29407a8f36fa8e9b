"""Requests that arrive together are answered together: the items are read once for all of them."""

import asyncio

from srec.inference.answers import Answer, Request
from srec.inference.recommender import Recommender

MOST = 16  # requests that are answered together; further ones wait until these are done


class Gathering:
    """Answers requests on the event loop: all that have arrived, together. It never waits for more.

    Args:
        recommender: it answers.
    """

    def __init__(self, recommender: Recommender) -> None:
        self._recommender = recommender
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []

    async def answer(self, request: Request) -> Answer:
        """The answer to one request.

        Raises:
            SRecError: as ``Recommender.recommend``.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        if not self._waiting:
            self._soon(loop)
        self._waiting.append((request, future))
        return await future

    def _soon(self, loop: asyncio.AbstractEventLoop) -> None:
        # In its next turn the loop reads what has arrived meanwhile, such as the next requests of visitors
        # whom it has just answered; in the turn after that all of them are here.
        loop.call_soon(loop.call_soon, self._answer_all)

    def _answer_all(self) -> None:
        waiting, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        if self._waiting:
            self._soon(asyncio.get_running_loop())
        self._settle([(request, future) for request, future in waiting if not future.done()])

    def _settle(self, waiting: list[tuple[Request, asyncio.Future[Answer]]]) -> None:
        try:
            answers = self._recommender.answer([request for request, _ in waiting])
        except Exception as error:  # noqa: BLE001 -- whoever asked is told
            if len(waiting) == 1:
                waiting[0][1].set_exception(error)
            else:  # one bad request must not fail the others
                for one in waiting:
                    self._settle([one])
        else:
            for (_, future), answer in zip(waiting, answers, strict=True):
                future.set_result(answer)
