import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bundles import GAMES, write_toy_bundle
from fastapi.testclient import TestClient

from srec.errors import ArtifactError
from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender
from srec.inference.scans import kernels
from srec.serving.app import create_app

FIRST = 900_000_010


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_bundle(tmp_path_factory.mktemp("bundle") / "toy")


@pytest.fixture(scope="module")
def client(bundle: Path) -> Iterator[TestClient]:
    with TestClient(create_app(bundle)) as made:
        yield made


def ask(client: TestClient, **body: Any) -> Any:
    answer = client.post("/api/recommend", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("recommender", ["smart", "tags"])
def test_the_answer_is_the_recommenders(client: TestClient, bundle: Path, recommender: str) -> None:
    liked = [FIRST, FIRST + 50]
    wanted = Recommender(Bundle(bundle)).recommend(liked, k=7, recommender=recommender)
    got = ask(client, liked=liked, k=7, recommender=recommender)
    assert got["recommender"] == recommender
    assert [game["app_id"] for game in got["games"]] == [game.app_id for game in wanted.games]
    for game, one in zip(got["games"], wanted.games, strict=True):
        assert game["score"] == pytest.approx(one.score)
        assert game["name"] == one.name
        assert game["shared_tags"] == one.shared_tags
        assert set(one.shared_tags) <= set(game["tags"])


def test_ids_that_are_not_known_are_said(client: TestClient) -> None:
    got = ask(client, liked=[5, FIRST, 7])
    assert got["unknown"] == [5, 7]
    assert got["games"] == ask(client, liked=[FIRST])["games"]


def test_a_repeated_id_counts_once(client: TestClient) -> None:
    assert ask(client, liked=[FIRST, FIRST]) == ask(client, liked=[FIRST])


@pytest.mark.parametrize("liked", [[], [5, 7]])
def test_nothing_known_is_answered_with_popular_games(client: TestClient, liked: list[int]) -> None:
    got = ask(client, liked=liked, k=3)
    assert got["recommender"] == "popular"
    assert [game["app_id"] for game in got["games"]] == [FIRST, FIRST + 10, FIRST + 20]


def test_the_games_of_the_input_are_not_recommended(client: TestClient) -> None:
    liked = [FIRST + 10 * at for at in range(100)]
    got = ask(client, liked=liked, k=100)
    assert len(got["games"]) == 100
    assert not {game["app_id"] for game in got["games"]} & set(liked)


def test_games_can_be_named_by_name(client: TestClient) -> None:
    by_name = ask(client, liked=["amber harbor", FIRST + 10, "Valorant"], excluded=["Jade Harbor"])
    by_id = ask(client, liked=[FIRST, FIRST + 10], excluded=[FIRST + 90])
    assert by_name["games"] == by_id["games"]
    assert by_name["unknown"] == ["Valorant"]


def test_names_are_read_and_the_unclear_ones_are_told(client: TestClient) -> None:
    answer = client.get("/api/names", params={"name": ["Jade Harbor", "Valorant"]})
    jade, valorant = answer.json()["names"]
    assert (jade["name"], jade["sure"], jade["games"][0]["app_id"]) == ("Jade Harbor", True, FIRST + 90)
    assert (valorant["name"], valorant["sure"]) == ("Valorant", False)
    assert_problem(client.get("/api/names"), 422, "name: Field required")
    assert_problem(
        client.get("/api/names", params={"name": ["a"] * 21}), 422, "name: List should have at most 20"
    )


def test_a_search_says_whether_it_is_sure(client: TestClient) -> None:
    found = {
        query: client.get("/api/games", params={"q": query}).json()["sure"] for query in ("Jade H", "Jade 9")
    }
    assert found == {"Jade H": True, "Jade 9": False}


BAD = [
    ({"liked": list(range(1, 10_001))}, "liked: List should have at most 100 items"),
    ({"liked": [0]}, "liked.0: Input should be greater than or equal to 1"),
    ({"liked": [2**31]}, "liked.0: Input should be less than 2147483648"),
    ({"liked": [10**4000]}, "liked.0: Input should be less than 2147483648"),
    ({"liked": ["620"]}, "liked.0: Input should be a valid integer"),
    ({"liked": [""]}, "liked.0: A name should have 1 to 100 letters"),
    ({"disliked": ["a b"] * 21, "liked": []}, "disliked: At most 20 games may be named by name"),
    ({"liked": [620.5]}, "liked.0: Input should be a valid integer"),
    ({"liked": [True]}, "liked.0: Input should be a valid integer"),
    ({"liked": [None]}, "liked.0: Input should be a valid integer"),
    ({"liked": [[620]]}, "liked.0: Input should be a valid integer"),
    ({"liked": 620}, "liked: Input should be a valid array"),
    ({"liked": None}, "liked: Input should be a valid array"),
    ({"k": 10}, "liked: Field required"),
    ({"liked": [], "k": 0}, "k: Input should be greater than or equal to 1"),
    ({"liked": [], "k": 101}, "k: Input should be less than or equal to 100"),
    ({"liked": [], "k": "10"}, "k: Input should be a valid integer"),
    ({"liked": [], "k": None}, "k: Input should be a valid integer"),
    ({"liked": [], "recommender": "clever"}, "recommender: Input should be 'smart' or 'tags'"),
    ({"liked": [], "user": 1}, "user: Extra inputs are not permitted"),
    ([], "send a JSON object"),
    ("text", "send a JSON object"),
    (None, "send a JSON object"),
]


@pytest.mark.parametrize(("body", "says"), BAD, ids=[says for _, says in BAD])
def test_a_bad_request_is_told_what_to_change(client: TestClient, body: Any, says: str) -> None:
    assert_problem(client.post("/api/recommend", json=body), 422, says)


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (b"{", 400, "the body is not JSON"),
        (b"hello", 400, "the body is not JSON"),
        (b'{"liked": [1,]}', 400, "the body is not JSON"),
        (b'{"liked": "\xff"}', 400, "send JSON in UTF-8"),
        (b"[" * 60_000, 400, "the body"),
        (b"", 400, "the body is not JSON"),
        (b'{"liked": [NaN]}', 422, "liked.0"),
        (b" " * 70_000, 413, "more than 65,536 bytes"),
    ],
)
def test_a_bad_body_is_refused(client: TestClient, content: bytes, status: int, says: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert_problem(client.post("/api/recommend", content=content, headers=headers), status, says)


def test_a_body_that_does_not_say_its_length_is_limited_too(client: TestClient) -> None:
    parts = (b" " * 1000 for _ in range(100))
    answer = client.post("/api/recommend", content=parts, headers={"Content-Type": "application/json"})
    assert_problem(answer, 413, "more than 65,536 bytes")


def test_json_under_another_name_is_told_so(client: TestClient) -> None:
    answer = client.post("/api/recommend", content=b'{"liked": []}', headers={"Content-Type": "text/plain"})
    assert_problem(answer, 422, "Content-Type: application/json")


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/nowhere", 404, "see /docs"),
        ("GET", "/static/../app.py", 404, "see /docs"),
        ("GET", "/static/%2e%2e/app.py", 404, "see /docs"),
        ("GET", "/api/recommend", 405, "does not take this method"),
        ("DELETE", "/api/games", 405, "does not take this method"),
        ("GET", "/api/games/1/similar", 404, "there is no game 1 here"),
        ("GET", "/api/games/x/similar", 422, "app_id: Input should be a valid integer"),
        ("GET", "/api/games/0/similar", 422, "app_id"),
        ("GET", f"/api/games/{FIRST}/similar?k=0", 422, "k: Input should be greater"),
        ("GET", f"/api/games/{FIRST}/similar?recommender=popular", 422, "recommender: Input should be"),
        ("GET", "/api/games/1_0/similar", 422, "app_id: Input should be a valid integer, digits only"),
        ("GET", f"/api/games/%20{FIRST}/similar", 422, "digits only"),
        ("GET", f"/api/games/{FIRST}.0/similar", 422, "digits only"),
        ("GET", f"/api/games/+{FIRST}/similar", 422, "digits only"),
        ("GET", f"/api/games/0{FIRST}/similar", 422, "digits only"),
        ("GET", "/api/games/\u0663/similar", 422, "digits only"),
        ("GET", f"/api/games/{FIRST}/similar?k=1_0", 422, "k: Input should be a valid integer, digits only"),
        ("GET", f"/api/games?ids={FIRST}.0", 422, "ids.0: Input should be a valid integer, digits only"),
        ("GET", "/api/games?limit=%205", 422, "limit: Input should be a valid integer, digits only"),
        ("GET", "/api/games?limit=51", 422, "limit: Input should be less"),
        ("GET", "/api/games?q=" + "x" * 101, 422, "q: String should have at most 100"),
        ("GET", "/api/games?ids=x", 422, "ids.0: Input should be a valid integer"),
        ("GET", "/api/games?" + "&".join(["ids=1"] * 101), 422, "ids: List should have at most 100"),
    ],
)
def test_a_bad_address_is_refused(client: TestClient, method: str, path: str, status: int, says: str) -> None:
    assert_problem(client.request(method, path), status, says)


def assert_problem(answer: Any, status: int, says: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert says in body["detail"]


def test_games_are_found_by_name_and_by_id(client: TestClient) -> None:
    found = client.get("/api/games", params={"q": "amb", "limit": 3}).json()["games"]
    assert len(found) == 3
    assert all(game["name"].startswith("Amber") for game in found)
    named = client.get("/api/games", params={"ids": [FIRST + 20, 5, FIRST, FIRST]}).json()["games"]
    assert [game["app_id"] for game in named] == [FIRST + 20, FIRST]
    assert len(client.get("/api/games").json()["games"]) == 10


def test_similar_games_are_the_answer_to_one_game(client: TestClient) -> None:
    for by in ("smart", "tags"):
        path = f"/api/games/{FIRST}/similar?k=5&recommender={by}"
        assert client.get(path).json() == ask(client, liked=[FIRST], k=5, recommender=by)


def test_simulated_games_lead_nowhere_and_real_ones_to_the_store(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/version").json()["simulated"] is True
    assert {game["image_url"] for game in ask(client, liked=[])["games"]} == {None}
    with TestClient(create_app(write_toy_bundle(tmp_path / "real", simulated=False))) as real:
        game = ask(real, liked=[])["games"][0]
        assert game["store_url"] == "https://store.steampowered.com/app/10/"
        assert game["image_url"].endswith("/steam/apps/10/header.jpg")
        policy = real.get("/").headers["content-security-policy"]
        assert game["image_url"].split("/steam/")[0] in policy


def test_it_says_what_is_running(client: TestClient, bundle: Path) -> None:
    assert client.get("/health").json() == {"status": "ok", "scores_outside_bounds": 0}
    assert client.get("/ready").json() == {"status": "ok"}
    version = client.get("/version").json()
    assert version["kernel"] == kernels()[0]
    assert version["bundle"] == Bundle(bundle).fingerprint
    assert version["games"] == GAMES


@pytest.mark.parametrize("path", ["/", "/health", "/ready", "/static/page.js", "/nowhere"])
def test_a_monitors_head_is_answered_as_get(client: TestClient, path: str) -> None:
    asked, looked = client.get(path), client.head(path)
    assert looked.status_code == asked.status_code
    assert looked.headers["content-type"] == asked.headers["content-type"]


def test_nobody_is_sent_to_a_host_that_the_request_names(client: TestClient) -> None:
    answer = client.get("/docs/", headers={"Host": "evil.example"}, follow_redirects=False)
    assert_problem(answer, 404, "see /docs")


def test_who_goes_while_sending_leaves_no_failure(bundle: Path) -> None:
    app, sent = create_app(bundle), list[Any]()
    begun = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return begun.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
    path = "/api/recommend"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    asyncio.run(app(scope | {"headers": headers}, receive, send))
    assert not begun
    assert sent[0]["status"] == 400


@pytest.mark.parametrize("path", ["/", "/docs", "/static/page.js", "/api/games", "/nowhere"])
def test_every_answer_is_guarded_and_leaves_no_trace(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers


def test_a_failure_is_a_problem_without_its_inside(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any, **named: Any) -> None:
        raise RuntimeError("a secret")

    app = create_app(bundle)
    monkeypatch.setattr(Recommender, "answer", fail)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/api/recommend", json={"liked": []})
    assert_problem(answer, 500, "the server failed")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "secret" not in answer.text
    # Such a server does not start, and gives the reason.
    with pytest.raises(ArtifactError, match=r"golden request .* with status 500"):
        create_app(bundle)


def test_a_damaged_bundle_is_not_served(tmp_path: Path) -> None:
    path = write_toy_bundle(tmp_path / "bundle")
    with (path / "items.npy").open("r+b") as file:
        file.seek(500)
        file.write(b"\xff\xff")
    with pytest.raises(ArtifactError, match=r"items\.npy has changed since it was written"):
        create_app(path)


HEAVY = ("torch", "duckdb", "pyarrow", "pandas", "sklearn", "scipy", "onnx", "matplotlib", "safetensors")


def test_serving_needs_nothing_of_training(bundle: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import srec.cli, srec.serving.server, srec.serving.torchserve;"
        " from srec.serving.app import create_app;"
        f"create_app(Path({str(bundle)!r})); print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
