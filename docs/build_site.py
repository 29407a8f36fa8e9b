"""Build the documentation site in build/docs-site, strictly; ``make docs-site`` calls it.

The pages are in a folder named by the version, and ``index.html`` leads there. To publish, copy the site over
what is published: the pages of earlier versions stay where they are.

A warning of the generator, a link or an anchor that leads nowhere, or a page that loads anything from another
host ends it with exit status 1. It needs the extra ``docs`` and no network.
"""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from srec import __version__

ROOT = Path(__file__).parents[1]
RESULTS = Path("benchmarks", "results")
#: What a browser fetches by itself; a link that a reader has to click is none of it.
LOADED = {"src", "srcset", "data", "poster"}
LOADING_RELATIONS = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "modulepreload",
}


def stage(folder: Path) -> None:
    """Copy the pages, and beside them the result files that they link to.

    Args:
        folder: where zensical.toml and the pages shall be; what was there is removed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder / "pages", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(ROOT / RESULTS, folder / "pages" / RESULTS, ignore=shutil.ignore_patterns("*.md"))
    shutil.copy(ROOT / "zensical.toml", folder)
    for page in (folder / "pages").rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(r"\.\./(benchmarks/results/)", r"\1", text), encoding="utf-8")


def build(folder: Path) -> Path:
    """Run the generator on a staged folder; the folder of the built pages.

    Raises:
        SystemExit: the generator warned or failed.
    """
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    if done.returncode:
        sys.exit(re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr))
    return folder / "site"


class _Page(HTMLParser):
    """The anchors of a built page, what it links to, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = re.findall(r"url\(\s*['\"]?([^'\")]+)", text)
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.anchors |= {named[name] for name in ("id", "name") if name in named}
        self.loaded += [named[name] for name in LOADED if name in named]
        if "href" in named and tag != "link":
            self.links.append(named["href"])
        elif "href" in named and LOADING_RELATIONS & set(named.get("rel", "").split()):
            self.loaded.append(named["href"])


def problems(site: Path) -> list[str]:
    """What is wrong with a built site, a line each: dead links, dead anchors, requests to other hosts.

    Args:
        site: the folder of the built pages.
    """
    pages = {file: _Page(file.read_text(encoding="utf-8")) for file in sorted(site.rglob("*.html"))}
    found = []
    for file, page in pages.items():
        name = file.relative_to(site)
        found += [f"{name}: loads {url}" for url in page.loaded if _elsewhere(url)]
        for url in (*page.links, *page.loaded):
            parts = urlsplit(url)
            if parts.scheme or parts.netloc or file.name == "404.html":
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                found.append(f"{name}: {url} leads nowhere")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                found.append(f"{name}: {url} has no such anchor")
    for file in sorted(site.rglob("*.css")):
        urls = re.findall(r"(?:url\(\s*['\"]?|@import\s+['\"])([^'\")]+)", file.read_text(encoding="utf-8"))
        found += [f"{file.relative_to(site)}: loads {url}" for url in urls if _elsewhere(url)]
    return found


def _elsewhere(url: str) -> bool:
    return url.startswith("//") or urlsplit(url).scheme in ("http", "https")


def versioned(site: Path, version: str) -> Path:
    """Move built pages into a folder named by their version; returns the page that leads there.

    Args:
        site: the folder of the built pages.
        version: of SRec.
    """
    pages = site.rename(site.with_name("pages-built"))
    site.mkdir()
    pages.rename(site / version)
    index = site / "index.html"
    index.write_text(
        f'<!doctype html><meta charset="utf-8"><title>SRec</title>'
        f'<meta http-equiv="refresh" content="0; url={version}/index.html">'
        f'<a href="{version}/index.html">SRec {version}</a>\n',
        encoding="utf-8",
    )
    return index


def main() -> None:
    """Build the site, and say what is wrong with it."""
    folder = ROOT / "build" / "docs-site"
    stage(folder)
    site = build(folder).resolve()
    index = versioned(site, __version__)
    if found := problems(site):
        sys.exit("\n".join(found))
    sys.stdout.write(f"{index}: whole, and every link leads somewhere\n")


if __name__ == "__main__":
    main()
