"""What /metrics says: counts of all processes, ages, and nothing of a visitor."""

import functools
import json
import logging
import os
import re
import signal
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from bundles import write_toy_sum
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from served import served
from waiting import until

from srec.inference.bundle import Bundle
from srec.publishing.folder import Models
from srec.serving.app import create_app
from srec.serving.counts import Counts
from srec.serving.logs import JsonLines
from srec.serving.swapping import Swapping

FIRST = 900_000_010
Figures = dict[str, float]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_sum(tmp_path_factory.mktemp("bundle") / "toy")


@pytest.fixture
def client(bundle: Path) -> Iterator[TestClient]:
    with TestClient(create_app(bundle)) as made:
        yield made


def read(text: str) -> Figures:
    """The figures by name and labels; what is 0 is left out."""
    return {
        " ".join([sample.name, *(value for _, value in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.value
    }


def figures(client: TestClient) -> Figures:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return read(answer.text)


def workers(pid: int) -> set[int]:
    """The processes of a server that answer, or are about to."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return {one for one in map(int, children) if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()}


def test_golden_requests_are_no_visitors(
    bundle: Path, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "srec.requests")
    create_app(bundle)
    assert not caplog.messages
    assert not [name for name in figures(client) if not name.startswith(("srec_info", "srec_model_age"))]


def test_it_counts_requests_answers_and_what_they_lack(client: TestClient) -> None:
    asked = [
        {"liked": [FIRST, FIRST + 50, 5], "disliked": [6], "k": 10},
        {"liked": [FIRST], "k": 4, "recommender": "tags"},
        {"liked": [FIRST], "filters": {"must": ["no such tag"]}},
        {"liked": []},
    ]
    answers = [client.post("/api/recommend", json=body).json() for body in asked]
    client.get(f"/api/games/{FIRST}/similar?k=3")
    client.get("/api/games?q=amber")
    assert client.post("/api/recommend", json={"k": 0}).status_code == 422
    assert client.get("/nowhere").status_code == 404
    found = figures(client)
    assert answers[2]["games"] == []
    assert {name: value for name, value in found.items() if name.startswith("srec_requests_total")} == {
        "srec_requests_total recommend 2xx": 4,
        "srec_requests_total recommend 4xx": 1,
        "srec_requests_total similar 2xx": 1,
        "srec_requests_total games 2xx": 1,
        "srec_requests_total other 4xx": 1,
    }
    assert found["srec_answer_seconds_count no smart"] == 2
    assert found["srec_answer_seconds_count yes smart"] == 1
    assert found["srec_answer_seconds_count no tags"] == 1
    assert found["srec_answer_seconds_count no popular"] == 1
    assert 0 < found["srec_answer_seconds_sum no smart"] < 10
    assert found["srec_answer_seconds_bucket no +Inf smart"] == 2
    assert found["srec_named_ids_total"] == 4 + 1 + 1 + 1
    assert found["srec_unknown_ids_total"] == 2
    assert found["srec_empty_answers_total"] == 1
    assert found["srec_shown_games_total"] == 10 + 4 + 10 + 3


def test_it_counts_the_shown_games_that_are_the_most_popular_ones_left(
    client: TestClient, bundle: Path
) -> None:
    opened = Bundle(bundle)
    best = [int(opened.app_ids[row]) for row in (-opened.popularity).argsort(kind="stable")]
    client.post("/api/recommend", json={"liked": []})
    assert figures(client)["srec_shown_popular_games_total"] == 10
    client.post("/api/recommend", json={"liked": [], "excluded": best[:20], "k": 5})
    assert figures(client)["srec_shown_popular_games_total"] == 15
    body = {"liked": best[:3], "popularity": 0, "k": 10}
    games = client.post("/api/recommend", json=body).json()["games"]
    also = len({game["app_id"] for game in games} & set(best[3:13]))
    assert also < 10
    assert figures(client).get("srec_shown_popular_games_total") == 15 + also


def test_swaps_and_refused_versions_are_counted(tmp_path: Path, bundle: Path) -> None:
    models, counts = Models(tmp_path / "models"), Counts()
    models.publish(bundle)
    app = Swapping(models, functools.partial(create_app, counts=counts), counts)
    for number in (2, 3):
        models.publish(write_toy_sum(tmp_path / str(number), weight=0.1 * number))
        if number == 3:
            (models.folder(number) / "games.json").write_text("[]")
        app.look()
    client = TestClient(app)
    assert client.post("/api/recommend", json={"liked": [FIRST]}).status_code == 200
    found = figures(client)
    assert (found["srec_swaps_total"], found["srec_refused_versions_total"]) == (1, 1)
    assert found["srec_requests_total recommend 2xx"] == 1


def test_it_says_what_is_served_and_how_old_it_is(client: TestClient, bundle: Path) -> None:
    found = figures(client)
    assert any(name.startswith("srec_info ") and Bundle(bundle).fingerprint in name for name in found)
    assert 0 <= found["srec_model_age_seconds"] < 600


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it looks into /proc")
def test_counts_of_all_processes_are_added_up_also_of_one_that_was_replaced(tmp_path: Path) -> None:
    with served(write_toy_sum(tmp_path / "bundle"), "--workers", "2", "--log", "json") as (port, pid):

        def ask(path: str, body: object = None) -> str:
            with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                headers = {"Content-Type": "application/json"}
                connection.request("POST" if body else "GET", path, body and json.dumps(body), headers)
                return connection.getresponse().read().decode()

        def now() -> Figures:
            try:
                return read(ask("/metrics"))
            except (OSError, HTTPException):  # it came to the worker that was killed
                return {}

        for _ in range(20):
            ask("/api/recommend", {"liked": [FIRST], "k": 5})
        assert ask("/" + "x" * 40_000).startswith('{"type"')
        found = now()
        assert found["srec_requests_total recommend 2xx"] == 20
        assert found["srec_shown_games_total"] == 100
        assert found["srec_refused_connections_total 431"] == 1
        until(lambda: len(workers(pid)) == 2)
        killed = min(workers(pid))
        os.kill(killed, signal.SIGKILL)
        until(lambda: len(workers(pid) - {killed}) == 2)
        until(lambda: now().get("srec_requests_total recommend 2xx") == 20)


def test_the_board_asks_for_figures_that_there_are(client: TestClient) -> None:
    board = json.loads((Path(__file__).parents[2] / "deploy" / "grafana.json").read_text(encoding="utf-8"))
    asked = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"srec_\w+", target["expr"])
    }
    text = client.get("/metrics").text
    families = list(text_string_to_metric_families(text))
    there = {sample.name for family in families for sample in family.samples}
    assert asked <= there | {"srec_data_age_seconds"}  # the toy's data have no date
    assert {family.name for family in families} <= {
        re.sub("_(total|bucket|sum|count)$", "", one) for one in asked
    }


def test_a_request_is_logged_without_what_was_asked(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "srec.requests")
    client.post("/api/recommend", json={"liked": [FIRST]})
    client.get("/api/games?q=secret")
    lines = [JsonLines().format(record) for record in caplog.records if record.name == "srec.requests"]
    assert [json.loads(line)["endpoint"] for line in lines] == ["recommend", "games"]
    assert json.loads(lines[0]).keys() == {"at", "level", "said", "event", "endpoint", "status", "ms"}
    assert not [line for line in lines if "secret" in line or str(FIRST) in line or "testclient" in line]


def test_an_error_in_the_log_does_not_quote_a_visitor() -> None:
    try:
        raise ValueError("the visitor sent 620")
    except ValueError as error:
        told = (type(error), error, error.__traceback__)
    line = JsonLines().format(logging.LogRecord("srec", logging.ERROR, "", 0, "a request failed", (), told))
    assert json.loads(line)["error"] == "ValueError"
    assert __file__ in json.loads(line)["where"][0]
    assert "620" not in line


def test_a_mounted_app_counts_its_own_paths(bundle: Path) -> None:
    outer = FastAPI()
    outer.mount("/games", create_app(bundle))
    client = TestClient(outer)
    client.post("/games/api/recommend", json={"liked": [FIRST]})
    client.get(f"/games/api/games/{FIRST}/similar")
    found = read(client.get("/games/metrics").text)
    assert found["srec_requests_total recommend 2xx"] == 1
    assert found["srec_requests_total similar 2xx"] == 1
