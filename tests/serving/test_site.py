"""The site around a server: its path, who may ask from other pages, its own links, pictures and ids."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bundles import write_toy_bundle, write_toy_sum
from fastapi.testclient import TestClient

from srec.errors import SRecError
from srec.serving.app import create_app
from srec.serving.site import Site, read_ids

BLOG = "https://blog.example"
Make = Callable[..., TestClient]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    bundle = write_toy_sum(tmp_path_factory.mktemp("site") / "toy", simulated=False)
    return lambda **site: TestClient(create_app(bundle, site=Site(**site)))


def preflight(client: TestClient, origin: str, path: str = "/api/recommend") -> int:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = client.options(path, headers=headers | {"Access-Control-Request-Headers": "content-type"})
    assert answer.headers.get("access-control-allow-origin") in (None, origin, "*")
    return answer.status_code if "access-control-allow-origin" in answer.headers else 0


@pytest.mark.parametrize("proxied", ["/games/", "/"])
def test_a_proxy_may_keep_the_path_or_take_it_off(make: Make, proxied: str) -> None:
    client = make(root_path="/games")
    assert client.get(proxied).status_code == 200
    assert client.post(f"{proxied}api/recommend", json={"liked": [10]}).json()["games"]
    assert client.get(f"{proxied}static/page.js").status_code == 200
    assert client.get(f"{proxied}game/10").status_code == 200
    assert client.get(f"{proxied}openapi.json").json()["servers"] == [{"url": "."}]


def test_the_bare_path_leads_to_the_page_on_the_same_host(make: Make) -> None:
    client = make(root_path="/a/b")
    answer = client.get("/a/b?liked=10", headers={"Host": "evil.example"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/a/b/?liked=10")
    assert client.get("/a/bc/").status_code == 404


def test_other_pages_may_ask_only_if_the_owner_says_so(make: Make) -> None:
    assert preflight(make(), BLOG) == 0
    client = make(origins=(BLOG,))
    assert preflight(client, BLOG) == preflight(client, BLOG, "/api/games") == 200
    assert preflight(client, "https://other.example") == 0
    assert preflight(client, "null") == 0
    answer = client.post("/api/recommend", json={"liked": [10]}, headers={"Origin": BLOG})
    assert answer.headers["access-control-allow-origin"] == BLOG
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers
    wrong = client.post("/api/recommend", json={"liked": "x"}, headers={"Origin": BLOG})
    assert (wrong.status_code, wrong.headers["access-control-allow-origin"]) == (422, BLOG)
    assert preflight(make(origins=("*",)), BLOG) == 200


def test_only_their_frames_may_hold_the_page(make: Make) -> None:
    assert "frame-ancestors 'none'" in make().get("/").headers["content-security-policy"]
    policy = make(origins=(BLOG,)).get("/").headers["content-security-policy"]
    assert f"frame-ancestors {BLOG}" in policy


def test_a_shop_that_is_not_steam_gets_nothing_of_steam(make: Make) -> None:
    client = make(links="https://shop.example/g/{id}", ids={10: "sku 1/ä", 20: "4006381333931"})
    first, second = client.post("/api/recommend", json={"liked": [], "k": 2}).json()["games"]
    assert (first["id"], second["id"]) == ("sku 1/ä", "4006381333931")
    assert first["store_url"] == "https://shop.example/g/sku%201%2F%C3%A4"
    assert first["image_url"] is None
    for path in ("/", "/game/10", "/game/10?lang=de"):
        answer = client.get(path)
        assert "steampowered" not in answer.text + answer.headers["content-security-policy"]
        assert "steamstatic" not in answer.text + answer.headers["content-security-policy"]
    pictures = make(links="none", pictures="https://img.example/{id}.webp")
    game = pictures.post("/api/recommend", json={"liked": [], "k": 1}).json()["games"][0]
    assert (game["store_url"], game["image_url"]) == (None, "https://img.example/10.webp")
    assert "img-src 'self' https://img.example;" in pictures.get("/").headers["content-security-policy"]


def test_games_are_named_by_the_owners_own_ids(make: Make) -> None:
    client = make(ids={10: "sku-1", 20: "4006381333931", 30: "Amber Valley"})
    body = {"liked": ["sku-1", "4006381333931"], "excluded": ["Amber Valley"], "k": 5}
    by_number = client.post("/api/recommend", json={"liked": [10, 20], "excluded": [30], "k": 5}).json()
    assert client.post("/api/recommend", json=body).json() == by_number
    page = client.get("/?liked=sku-1,4006381333931,no-such").text
    first = json.loads(re.findall('type="application/json">(.*?)</script>', page)[0])
    assert first["address"] == "?liked=10,20"
    answer = client.post("/api/recommend", json={"liked": ["4006381333999"]}).json()
    assert answer["unknown"] == ["4006381333999"]


def test_a_network_has_game_pages_too(tmp_path: Path) -> None:
    client = TestClient(create_app(write_toy_bundle(tmp_path / "toy", simulated=False)))
    page = client.get("/game/10?liked=20&lang=de").text
    assert "<h1>Amber Harbor</h1>" in page
    assert 'href="../?liked=20,10&amp;lang=de"' in page
    assert 'href="https://store.steampowered.com/app/10/"' in page
    assert page.count("<li>\n    <h3>") == 24
    assert client.get("/game/5").status_code == client.get("/game/%C2%B2").status_code == 404


def test_static_files_under_their_stamp_are_kept_for_good_and_others_asked_about(make: Make) -> None:
    client = make()
    stamped = re.findall(r'src="(static/[0-9a-f]{12}/page\.js)"', client.get("/").text)[0]
    kept = client.get(f"/{stamped}", headers={"Accept-Encoding": "gzip"})
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert kept.headers["content-encoding"] == "gzip"
    assert client.get("/static/widget.js").headers["cache-control"] == "no-cache"
    assert client.get(stamped.replace("page.js", "none.js")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"root_path": "games/"}, "the root path is 'games/': write it as /games"),
        ({"root_path": "/a b"}, "the root path is '/a b'"),
        ({"origins": ("blog.example",)}, "the origin is 'blog.example': write it as https://blog.example"),
        ({"origins": ("https://blog.example/",)}, "without a path"),
        ({"origins": ("null",)}, "the origin is 'null'"),
        ({"links": "https://shop.example/game"}, "the template is"),
        ({"links": "javascript:alert({id})"}, "the template is"),
        ({"pictures": "https://{id}.example/"}, "the template is"),
        ({"pictures": "https://x.example/{id}; script-src *"}, "the template is"),
    ],
)
def test_what_an_owner_says_wrongly_is_one_line(said: dict[str, object], told: str) -> None:
    with pytest.raises(SRecError, match=re.escape(told)):
        Site(**said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10 sku", "line 1: write an app id, a tab"),
        ("# ids\nx\tsku", "line 2: write an app id"),
        ("10\ta\n10\tb", "line 2: the app id 10 is there twice"),
        ("10\ta\n20\ta", "the id 'a' is that of two games"),
        ("10\t20", "line 1: 20 would be an app id"),
        ("10\ta,b", "without commas"),
    ],
)
def test_a_table_of_ids_that_is_wrong_is_one_line(text: str, told: str, tmp_path: Path) -> None:
    table = tmp_path / "ids.tsv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(SRecError, match=re.escape(told)):
        read_ids(table)
    with pytest.raises(SRecError, match="cannot be read as a table of ids"):
        read_ids(tmp_path / "none.tsv")


def test_a_table_of_ids_is_read(tmp_path: Path) -> None:
    table = tmp_path / "ids.tsv"
    table.write_text("# own ids\n\n10\tsku-1\n 20 \t4006381333931 \n", encoding="utf-8")
    assert read_ids(table) == {10: "sku-1", 20: "4006381333931"}
