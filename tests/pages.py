"""The rules for every page that SRec writes, read as a browser reads it."""

import re
from html.parser import HTMLParser

# A hostile name: it must be shown unchanged, and only as a name. It is a valid file name too.
HOSTILE = "<script>alert(1)<img src=x onerror=x>&amp;\"'{{ 7 * 7 }}{% raw %}$x^2$"


class Page(HTMLParser):
    """A page's elements and texts.

    Attributes:
        elements: each opening tag with its attributes, in order.
        texts: the direct texts of elements, by tag.
        never_closed: the tags that were opened and not closed.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.never_closed: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.never_closed += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            last = self._open.pop()
            if last == tag:
                return
            self.never_closed.append(last)

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]][-1] += data

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def assert_whole_and_alone(html: str, title: str) -> Page:
    """The page is well formed, has a title and a language, and requests nothing from any server."""
    page = Page(html)
    assert html.startswith("<!DOCTYPE html>")
    assert page.texts["title"] == page.texts["h1"] == [title]
    assert [attributes.get("lang") for tag, attributes in page.elements if tag == "html"] == ["en"]
    assert set(page.never_closed) <= {"meta"}
    assert not page.tags & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "audio",
        "video",
    }
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href", "srcset", "action", "poster"):
            assert (attributes.get(name) or "#").startswith("#")
        assert not re.search(r"url\((?!#)", " ".join(value or "" for value in attributes.values()))
    assert not re.search(r"url\((?!#)|@import", " ".join(page.texts["style"]))
    return page
