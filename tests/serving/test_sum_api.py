"""The API over a bundle whose scores are sums: what a request can say, and what an answer tells."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bundles import TAGS, sum_contents, with_others, write, write_toy_sum
from fastapi.testclient import TestClient

from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender
from srec.serving.app import create_app
from srec.serving.schema import RecommendResponse

FIRST = 900_000_010
LIKED = [FIRST, FIRST + 50, FIRST + 70]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_sum(tmp_path_factory.mktemp("bundle") / "toy")


@pytest.fixture(scope="module")
def client(bundle: Path) -> Iterator[TestClient]:
    with TestClient(create_app(bundle)) as made:
        yield made


def ask(client: TestClient, **body: Any) -> Any:
    answer = client.post("/api/recommend", json=body)
    assert answer.status_code == 200, answer.text
    RecommendResponse.model_validate(answer.json())
    return answer.json()


def ids(answer: Any) -> list[int]:
    return [game["app_id"] for game in answer["games"]]


def test_the_parts_add_up_to_the_score(client: TestClient) -> None:
    disliked = FIRST + 20
    got = ask(client, liked=[*LIKED, 5], disliked=[disliked])
    assert (got["named"], got["popularity_weight"], got["unknown"]) == ([*LIKED, disliked], 0.35, [5])
    for game in got["games"]:
        assert len(game["parts"]) == 4
        assert sum(game["parts"]) + game["quality"] + game["popularity"] == pytest.approx(
            game["score"], abs=1e-7
        )


def test_answers_that_are_no_sums_have_no_parts(client: TestClient) -> None:
    for body in ({"liked": []}, {"liked": LIKED, "recommender": "tags"}):
        got = ask(client, **body)
        assert (got["named"], got["popularity_weight"]) == ([], None)
        assert {(game["parts"], game["quality"], game["popularity"]) for game in got["games"]} == {
            (None,) * 3
        }


def test_the_order_of_the_list_changes_nothing(client: TestClient) -> None:
    assert ask(client, liked=LIKED)["games"] != ask(client, liked=LIKED[:2])["games"]
    one, other = ask(client, liked=LIKED), ask(client, liked=LIKED[::-1])
    assert [(game["app_id"], game["score"]) for game in one["games"]] == [
        (game["app_id"], game["score"]) for game in other["games"]
    ]


def test_popularity_turns_the_answer(client: TestClient) -> None:
    only_taste, popular = (ask(client, liked=LIKED, popularity=weight) for weight in (0, 1))
    assert {game["popularity"] for game in only_taste["games"]} == {0}
    most = [FIRST + 10 * row for row in range(20) if FIRST + 10 * row not in LIKED]
    assert ids(popular) == most[:10]
    assert not {part for game in popular["games"] for part in game["parts"] if part}


def test_what_is_disliked_or_excluded_does_not_come(client: TestClient) -> None:
    best = ids(ask(client, liked=LIKED))
    assert ids(ask(client, liked=LIKED, excluded=best[:3]))[:7] == best[3:]
    disliked = ask(client, liked=LIKED, disliked=best[:1])
    assert best[0] not in ids(disliked)
    assert disliked["games"][0]["parts"][3] < 0
    assert ask(client, liked=[*LIKED, best[0]], disliked=best[:1])["named"] == [*LIKED, best[0]]


def test_dislikes_alone_are_an_answer(client: TestClient) -> None:
    got = ask(client, liked=[], disliked=[FIRST])
    assert got["recommender"] == "smart"
    assert all(game["parts"][0] < game["popularity"] for game in got["games"])


def test_filters_come_before_the_cut(client: TestClient, bundle: Path) -> None:
    tag, other = TAGS[0], TAGS[1]
    filters = {"must": [tag], "must_not": [other], "released_from": 2010, "most_cents": 2000}
    got = ask(client, liked=LIKED, k=100, filters=filters)
    every = Recommender(Bundle(bundle)).recommend(LIKED, k=300)
    wanted = [
        game.app_id
        for game in every.games
        if tag in (tags := ask_tags(client, game.app_id))
        and other not in tags
        and (game.info.release_year or 0) >= 2010
        and (0 if game.info.is_free else game.info.price_usd_cents or 0) <= 2000
    ]
    assert len(wanted) > 5
    assert ids(got) == wanted
    assert ids(ask(client, liked=LIKED, filters={"must": ["Nothing of the kind"]})) == []


def ask_tags(client: TestClient, app_id: int) -> list[str]:
    tags: list[str] = client.get("/api/games", params={"ids": app_id}).json()["games"][0]["tags"]
    return tags


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"popularity": 1.5}, "popularity: Input should be less than or equal to 1"),
        ({"popularity": "0.5"}, "popularity: Input should be a valid number"),
        ({"disliked": [0]}, "disliked.0: Input should be greater than or equal to 1"),
        ({"filters": {"must": "Action"}}, "filters.must: Input should be a valid array"),
        ({"filters": {"mast": []}}, "filters.mast: Extra inputs are not permitted"),
        ({"filters": {"released_from": "2010"}}, "filters.released_from: Input should be a valid integer"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_wish_is_told(client: TestClient, body: dict[str, Any], says: str) -> None:
    answer = client.post("/api/recommend", json={"liked": LIKED} | body)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]


def test_variety_a_draw_and_what_nobody_reviewed_can_be_asked_for(tmp_path: Path) -> None:
    with TestClient(create_app(write(tmp_path / "others", with_others(sum_contents())))) as client:

        def names(**asked: Any) -> list[str]:
            answer = client.post("/api/recommend", json={"liked": [FIRST], "k": 6} | asked)
            assert answer.status_code == 200
            return [game["name"] for game in answer.json()["games"]]

        assert names(seed=1) == names(seed=1) != names(seed=2)
        assert names(variety=1) != names() == names(variety=0)
        assert sorted(names(filters={"unrated": True})) == ["Unseen Alpha", "Unseen Beta"]
        assert names(filters={"platforms": ["linux"]}) == []
        left = client.post("/api/tags", json={"unrated": True, "must": ["Action"]}).json()
        assert left == {"tags": [{"name": "Action", "games": 1}], "platforms": {}}
        last = client.get("/api/games?q=unseen beta").json()["games"][0]
        page = client.get(f"/game/{last['app_id']}")
        assert "Nobody has reviewed it yet" in page.text
        listed = client.get(f"/?liked={last['app_id']}&unrated=1&variety=50&seed=3&platforms=linux,x&lang=de")
        assert '"address":"?liked=' in listed.text
        assert "&variety=50&seed=3&platforms=linux&unrated=1&lang=de" in listed.text
        for wrong in ({"variety": 2}, {"seed": -1}, {"filters": {"platforms": ["amiga"]}}):
            assert client.post("/api/recommend", json={"liked": [], **wrong}).status_code == 422
