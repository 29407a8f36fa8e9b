"""Whether the API as a whole answers a bundle's golden requests as the trained model did."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI

from srec.errors import ArtifactError
from srec.inference.golden import Golden, check_answer
from srec.serving.in_process import post


def check_api(app: FastAPI, golden: Sequence[Golden]) -> None:
    """Send golden requests through the app, as a server would, without a network.

    It may be called where an event loop runs, because it has a thread and a loop of its own.

    Args:
        app: it serves the bundle of the golden requests.
        golden: the requests and their answers.

    Raises:
        ArtifactError: a request fails, or an answer differs; one line names the first difference.
    """
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _check(app, golden)).result()


async def _check(app: FastAPI, golden: Sequence[Golden]) -> None:
    for one in golden:
        body = {"liked": list(one.liked), "k": max(len(one.app_ids), 1)}
        status, answer = await post(app, "/api/recommend", json.dumps(body).encode())
        if status != 200:
            raise ArtifactError(f"the API answers the golden request {list(one.liked)} with status {status}")
        games = json.loads(answer)["games"]
        app_ids, scores = ([game[key] for game in games] for key in ("app_id", "score"))
        check_answer("the API", one, app_ids=app_ids, scores=scores)
