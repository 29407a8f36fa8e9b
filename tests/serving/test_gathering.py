import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from bundles import write_toy_bundle

from srec.errors import SRecError
from srec.inference.answers import Answer, Request
from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender
from srec.serving.gathering import MOST, Gathering

FIRST = 900_000_010


class Counting(Recommender):
    """Notes how many requests it gets at once."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.lots: list[int] = []

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        self.lots.append(len(requests))
        return super().answer(requests)


@pytest.fixture
def recommender(tmp_path: Path) -> Counting:
    return Counting(Bundle(write_toy_bundle(tmp_path / "b")))


def ids(answer: Answer) -> list[int]:
    return [game.app_id for game in answer.games]


def test_what_is_there_together_is_answered_together(recommender: Counting) -> None:
    requests = [Request([FIRST + 10 * at], k=1 + at) for at in range(MOST + 3)]

    async def ask() -> list[Answer]:
        gathering = Gathering(recommender)
        return await asyncio.gather(*map(gathering.answer, requests))

    answers = asyncio.run(ask())
    assert recommender.lots == [MOST, 3]
    assert list(map(ids, answers)) == [ids(recommender.recommend(one.liked, k=one.k)) for one in requests]


def test_nobody_is_waited_for(recommender: Counting) -> None:
    async def ask() -> list[Answer]:
        gathering = Gathering(recommender)
        return [await gathering.answer(Request([FIRST])) for _ in range(3)]

    asyncio.run(asyncio.wait_for(ask(), 10))
    assert recommender.lots == [1, 1, 1]


def test_what_is_wrong_with_one_is_not_the_others(recommender: Counting) -> None:
    async def ask() -> list[Answer | BaseException]:
        gathering = Gathering(recommender)
        requests = [Request([FIRST]), Request([FIRST], recommender="magic"), Request([])]
        return await asyncio.gather(*map(gathering.answer, requests), return_exceptions=True)

    good, bad, popular = asyncio.run(ask())
    assert isinstance(bad, SRecError)
    assert isinstance(good, Answer)
    assert isinstance(popular, Answer)
    assert ids(good) == ids(recommender.recommend([FIRST]))
    assert popular.recommender == "popular"


def test_who_has_gone_is_not_answered(recommender: Counting) -> None:
    async def ask() -> Answer:
        gathering = Gathering(recommender)
        gone = asyncio.create_task(gathering.answer(Request([FIRST])))
        stays = asyncio.create_task(gathering.answer(Request([FIRST + 10])))
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert ids(asyncio.run(ask())) == ids(recommender.recommend([FIRST + 10]))
    assert recommender.lots[0] == 1
