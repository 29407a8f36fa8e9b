"""The documentation site builds without a warning, its links work, and its pages contact no other server."""

import functools
import http.server
import importlib.util
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    """docs/build_site.py, which ``make docs-site`` runs."""
    spec = importlib.util.spec_from_file_location("build_site", ROOT / "docs" / "build_site.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(builder: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "staged"
    builder.stage(folder)
    built: Path = builder.build(folder)
    return built


def test_the_site_builds_strictly_and_all_its_links_hold(builder: ModuleType, site: Path) -> None:
    assert builder.problems(site.resolve()) == []
    for page in (ROOT / "docs").rglob("*.md"):
        assert (site / page.relative_to(ROOT / "docs").with_suffix(".html")).is_file()


def test_the_pages_of_a_version_have_a_folder_of_their_own(builder: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<h1>Start</h1>", encoding="utf-8")
    index = builder.versioned(tmp_path / "site", "1.2.3")
    assert index == tmp_path / "site" / "index.html"
    assert "url=1.2.3/index.html" in index.read_text(encoding="utf-8")
    assert (tmp_path / "site" / "1.2.3" / "index.html").read_text(encoding="utf-8") == "<h1>Start</h1>"
    assert builder.problems(tmp_path / "site") == []


def test_every_page_is_in_the_navigation() -> None:
    listed = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert f'"{page.relative_to(ROOT / "docs").as_posix()}"' in listed


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("[there](other.md)", "page does not exist"),
        ("[there](#nowhere)", "anchor does not exist"),
    ],
)
def test_a_link_that_leads_nowhere_ends_the_build(
    builder: ModuleType, tmp_path: Path, written: str, wrong: str
) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.md").write_text(f"# Start\n\n{written}\n", encoding="utf-8")
    (tmp_path / "zensical.toml").write_text(
        '[project]\nsite_name = "x"\ndocs_dir = "pages"\n', encoding="utf-8"
    )
    with pytest.raises(SystemExit, match=wrong):
        builder.build(tmp_path)


@pytest.mark.parametrize(
    ("html", "wrong"),
    [
        ('<a href="gone.json">x</a>', ["index.html: gone.json leads nowhere"]),
        ('<a href="#gone">x</a>', ["index.html: #gone has no such anchor"]),
        ('<img src="gone.png">', ["index.html: gone.png leads nowhere"]),
        ('<script src="https://cdn.example/x.js"></script>', ["index.html: loads https://cdn.example/x.js"]),
        ('<link rel="stylesheet" href="//cdn.example/x.css">', ["index.html: loads //cdn.example/x.css"]),
        ("<style>a { background: url(https://x.example) }</style>", ["index.html: loads https://x.example"]),
        ('<a href="https://example.org/">x</a> <a id="y" href="#y">y</a>', []),
    ],
)
def test_what_is_wrong_with_a_built_page_is_found(
    builder: ModuleType, tmp_path: Path, html: str, wrong: list[str]
) -> None:
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    assert builder.problems(tmp_path.resolve()) == wrong


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
            pass

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
def test_a_reader_of_the_site_asks_no_other_server(address: str) -> None:
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for name in ("index", "decisions", "results", "reference/api"):
            page.goto(f"{address}/{name}.html")
            page.wait_for_load_state("networkidle")
        browser.close()
    assert len(asked) > 4
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
