"""The page under a path of another site, as behind a proxy that strips it."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from bundles import write_toy_bundle
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from srec.serving.app import STATIC, create_app

ADDRESS = re.compile(r'(?:href|src)="([^"]+)"|(?:fetch|ask)\(["`]([^"`$?]+)')
ABSOLUTE = re.compile(r'(?:href|src)="/|(?:fetch|ask)\(["`]/|[`"]/\?')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    app = create_app(write_toy_bundle(tmp_path_factory.mktemp("bundle") / "toy"))
    return TestClient(Starlette(routes=[Mount("/games", app)]))


@pytest.mark.parametrize(("path", "script"), [("/games/", "page.js"), ("/games/docs", "docs.js")])
def test_all_that_a_page_asks_for_is_under_its_own_path(site: TestClient, path: str, script: str) -> None:
    page = site.get(path)
    assert page.status_code == 200
    code = site.get(f"/games/static/{script}").text
    asked = {"".join(found) for text in (page.text, code) for found in ADDRESS.findall(text)}
    own = [urljoin(path, one) for one in asked if not one.startswith(("http", "#"))]
    assert len(own) > 4
    for address in own:
        assert address.startswith("/games/")
        # Some take what the page adds: a body, or names. Libraries are read only by a server with a key.
        wanted = (404,) if address.endswith("/api/library") else (200, 405, 422)
        assert site.get(address).status_code in wanted, address


def test_no_file_names_the_root_of_the_site() -> None:
    files = [file for file in Path(STATIC).iterdir() if file.suffix in (".html", ".js")]
    assert len(files) >= 4
    assert [file.name for file in files if ABSOLUTE.search(file.read_text(encoding="utf-8"))] == []
