"""Reviews as Steam's review API gives them (store.steampowered.com/appreviews/<appid>?json=1), or as Parquet.

A page does not say which app it is of: the file's name does (``620.json``, ``620_3.json``,
``review_620.json``), or its folder's (``620/3.json``), or a key ``appid`` of the page or of each review. A
file may have pages or reviews, one a line, in an array or one after the other. A page's reviews may be an
object from their ids, as the package ``steamreviews`` writes it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from srec.errors import SourceError
from srec.store.schema import REVIEWS
from srec.store.sources.base import Part
from srec.store.sources.parquet import read_parquet
from srec.store.sources.records import Record, SourceRow, to_batches
from srec.store.sources.text import Reject, parse_json, read_json_lines

#: Bytes of a page; the API gives at most 100 reviews of at most 8,000 characters in one.
LARGEST_PAGE = 1 << 26

_COLUMNS = {
    "review_id": "recommendationid",
    "user_id": "steamid",
    "app_id": "appid",
    "positive": "voted_up",
    "created_at": "timestamp_created",
    "updated_at": "timestamp_updated",
    "playtime_minutes": "playtime_forever",
    "early_access": "written_during_early_access",
}
_PAGES = (".json", ".jsonl", ".ndjson", ".jl")
_PACKED = (".gz", ".bz2", ".zst", ".xz")


@dataclass(frozen=True)
class SteamApiSource:
    """A file, or a folder with ``reviews_steamapi.parquet`` or pages at any depth."""

    path: Path
    name: ClassVar[str] = "steam-api"
    simulated: ClassVar[bool] = False

    def parts(self) -> Iterator[Part]:
        """The reviews of the Parquet file, then those of the pages.

        Raises:
            SourceError: there is neither, or a file cannot be read.
        """
        parquet, pages = self._files()
        for file in parquet:
            yield Part("reviews", read_parquet(file, REVIEWS, _COLUMNS))
        if pages:
            yield Part("reviews", to_batches(REVIEWS, _rows(pages)))

    def _files(self) -> tuple[list[Path], list[Path]]:
        if self.path.suffix == ".parquet":
            return [self.path], []
        if self.path.is_file() and self.path.suffix and _holds_pages(self.path):
            return [], [self.path]
        parquet = [file for file in (self.path / "reviews_steamapi.parquet",) if file.exists()]
        pages = sorted(file for file in self.path.rglob("*") if _holds_pages(file))
        if not parquet and not pages:
            raise SourceError(
                f"{self.path} holds no reviews of Steam's API: neither reviews_steamapi.parquet nor pages"
                f" ({', '.join(_PAGES)})"
            )
        return parquet, pages


def _rows(files: list[Path]) -> Iterator[SourceRow]:
    for file in files:
        page = _page(file)
        if isinstance(page, dict) and "author" not in page:
            for place, content in _reviews(page, _app(file)):
                yield file, place, content
            continue
        good = False
        for row, each in read_json_lines(file):
            good = good or isinstance(each, dict)
            if not good and isinstance(page, Reject) and file.suffix == ".json":
                yield file, 1, page
                break
            for _, content in _reviews(each, _app(file)):
                yield file, row, content


def _holds_pages(file: Path) -> bool:
    name = file.name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name.endswith(_PAGES)


def _page(file: Path) -> dict[str, Any] | Reject | None:
    """The page that a small file is as a whole; None where it is packed or large, and is read bit by bit."""
    try:
        if file.suffix != ".json" or file.stat().st_size > LARGEST_PAGE:
            return None
        return parse_json(file.read_bytes())
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}") from error


def _app(file: Path) -> str | None:
    for name in (file.stem, file.parent.name):
        if match := re.fullmatch(r"(?:(?:app)?reviews?_|app_?(?:id)?_?)?(\d+)(_\d+)?", name, re.IGNORECASE):
            return match[1]
    return None


def _reviews(page: dict[str, Any] | Reject, app: str | None) -> Iterator[tuple[int, Record | Reject]]:
    """A page's reviews, counted from 1; a file that is not a page is one reject."""
    if isinstance(page, Reject):
        yield 1, page
        return
    reviews = page.get("reviews")
    app = page.get("appid", page.get("app_id", app))
    if isinstance(reviews, dict):
        reviews = list(reviews.values())
    if isinstance(page.get("author"), dict):
        yield 1, review_record(page, app)
    elif page.get("success", 1) != 1:
        yield 1, Reject("the page does not say success: 1")
    elif not isinstance(reviews, list):
        yield 1, Reject("the page has no list of reviews")
    else:
        for place, review in enumerate(reviews, 1):
            own = review.get("appid", app) if isinstance(review, dict) else app
            yield place, review_record(review, own)


def review_record(review: Any, app: Any) -> Record | Reject:
    """A review of a page with canonical names, or why it is not a review.

    Args:
        review: as the page has it.
        app: the id of its app.
    """
    author = review.get("author") if isinstance(review, dict) else None
    if not isinstance(author, dict):
        return Reject("the review has no author")
    flat = author | review
    return {name: flat.get(_COLUMNS.get(name, name)) for name in REVIEWS.names} | {"app_id": app}
