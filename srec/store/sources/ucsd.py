"""The UCSD Steam files: reviews, libraries and games, as published or as Parquet.

The published files (Kang & McAuley, ICDM 2018; Wan & McAuley, RecSys 2018) have one Python literal a line,
not JSON. Version 1 has ``australian_user_reviews.json.gz`` and ``australian_users_items.json.gz``, the
libraries of its users; version 2 has ``steam_reviews.json.gz`` and ``steam_games.json.gz``. The dates have no
time of day. In version 1, those of 2016, the year of the crawl, have no year: it is filled in. The reviews of
version 2 do not tell the verdict, so they are sequences.
"""

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar

from srec.errors import SourceError
from srec.store.schema import GAMES, LIBRARIES, REVIEWS, SEQUENCES, STEAM_OPENED
from srec.store.sources.base import Part
from srec.store.sources.parquet import parquet_columns, read_parquet
from srec.store.sources.records import Record, SourceRow, to_batches
from srec.store.sources.text import Reject, read_lines

#: The year of dates without one.
CRAWLED = 2016

_REVIEW_COLUMNS = {"positive": "recommended", "created_at": "timestamp"}
_GAME_COLUMNS = {"price_usd_cents": "list_price_usd_cents"}
#: In a folder: the first of each row that is there.
_FILES = (
    ("reviews_ucsd.parquet", "australian_user_reviews.json.gz", "australian_user_reviews.json"),
    ("australian_users_items.json.gz", "australian_users_items.json"),
    ("steam_reviews.json.gz", "steam_reviews.json"),
    ("games.parquet", "steam_games.json.gz", "steam_games.json"),
)
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(rf"(?:Posted|Last edited) ({_MONTHS}) (\d{{1,2}})(?:, (\d{{4}}))?\.?")


@dataclass(frozen=True)
class UcsdSource:
    """One of the files, or a folder of them; where both forms are there, the Parquet is read."""

    path: Path
    name: ClassVar[str] = "ucsd"
    simulated: ClassVar[bool] = False

    def parts(self) -> Iterator[Part]:
        """What is there of reviews, libraries and games.

        Raises:
            SourceError: there are none of the files, or one is not what its name says.
        """
        for file in self._files():
            yield _parquet(file) if file.suffix == ".parquet" else _literals(file)

    def _files(self) -> list[Path]:
        if not self.path.is_dir():
            return [self.path]
        found = [
            next((self.path / name for name in row if (self.path / name).exists()), None) for row in _FILES
        ]
        files = [file for file in found if file is not None]
        if not files:
            names = ", ".join(chain.from_iterable(_FILES))
            raise SourceError(f"{self.path} holds none of the UCSD Steam files: {names}")
        return files


def _parquet(file: Path) -> Part:
    names = parquet_columns(file)
    if "tags_kind" in names:
        return Part("games", read_parquet(file, GAMES, _GAME_COLUMNS))
    return Part("reviews", read_parquet(file, REVIEWS, _REVIEW_COLUMNS))


def _literals(file: Path) -> Part:
    """The first line that can be read tells what it is."""
    lines = ((row, _literal(line)) for row, line in read_lines(file))
    head = list(islice(lines, 100))
    keys = next((set(record) for _, record in head if isinstance(record, dict)), set[str]())
    rows = chain(head, lines)
    if "reviews" in keys:
        return Part("reviews", to_batches(REVIEWS, _of_users(file, rows, "reviews", _review)))
    if {"items", "items_count"} <= keys:
        return Part("libraries", to_batches(LIBRARIES, _of_users(file, rows, "items", _owned)))
    if {"username", "product_id"} <= keys:
        return Part("sequences", to_batches(SEQUENCES, _each(file, rows, _place)))
    if keys & {"app_name", "title", "url"}:
        return Part("games", to_batches(GAMES, _each(file, rows, _game)))
    raise SourceError(f"{file} is none of the UCSD reviews, libraries and games: no line holds such a record")


def _literal(line: str | Reject) -> dict[str, Any] | Reject:
    if isinstance(line, Reject):
        return line
    try:
        with warnings.catch_warnings(action="ignore"):
            value = ast.literal_eval(line.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return Reject("not a Python literal")
    return value if isinstance(value, dict) else Reject("not a Python dict")


Lines = Iterator[tuple[int, dict[str, Any] | Reject]]


def _of_users(
    file: Path, lines: Lines, key: str, record: Callable[[Any, Mapping[str, Any]], Record]
) -> Iterator[SourceRow]:
    """A line is a user with a list; each entry of it is a row with the line's number."""
    for row, line in lines:
        if isinstance(line, Reject):
            yield file, row, line
            continue
        entries = line.get(key)
        if not isinstance(entries, list):
            yield file, row, Reject(f"{key} is not a list")
            continue
        for entry in entries:
            known = isinstance(entry, dict)
            yield (
                file,
                row,
                record(line.get("user_id"), entry) if known else Reject(f"one of {key} is not a dict"),
            )


def _review(user: Any, review: Mapping[str, Any]) -> Record:
    return {
        "user_id": user,
        "app_id": review.get("item_id"),
        "positive": review.get("recommend"),
        "created_at": _date(review.get("posted")),
        "updated_at": _date(review.get("last_edited")),
    }


def _owned(user: Any, item: Mapping[str, Any]) -> Record:
    minutes = item.get("playtime_forever")
    hours = minutes / 60 if isinstance(minutes, int | float) else minutes
    return {"user_id": user, "app_id": item.get("item_id"), "hours": hours}


def _place(review: Mapping[str, Any]) -> Record:
    """The place in a user's order is the day of the review; those of one day have no order."""
    day = review.get("date")
    try:
        place = (date.fromisoformat(str(day)) - date.fromisoformat(STEAM_OPENED)).days
    except ValueError:
        return {"user_id": review.get("username"), "app_id": review.get("product_id"), "place": day}
    return {"user_id": review.get("username"), "app_id": review.get("product_id"), "place": place}


def _date(text: Any) -> Any:
    """An ISO date of "Posted November 5, 2011."; anything else as it is, for the store to refuse."""
    match = _DATE.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        return text
    return f"{match[3] or CRAWLED}-{_MONTHS.split('|').index(match[1]) + 1:02}-{int(match[2]):02}"


def _each(file: Path, lines: Lines, record: Callable[[Mapping[str, Any]], Record]) -> Iterator[SourceRow]:
    """A line is a row."""
    for row, line in lines:
        yield file, row, line if isinstance(line, Reject) else record(line)


def _game(game: Mapping[str, Any]) -> Record:
    """Tags are in the order of their votes. A release date that is not a full date ("Soon..") is unknown."""
    cents, released = _cents(game.get("price")), str(game.get("release_date"))
    return {
        "app_id": game.get("id"),
        "name": game.get("app_name") or game.get("title"),
        "release_date": released if re.fullmatch(r"\d{4}-\d{2}-\d{2}", released) else None,
        "is_free": None if cents is None else cents == 0,
        "price_usd_cents": cents,
        "developers": _several(game.get("developer")),
        "publishers": _several(game.get("publisher")),
        "genres": game.get("genres"),
        "categories": game.get("specs"),
        "tags": game.get("tags"),
        "tags_kind": "ranked" if game.get("tags") else None,
    }


def _cents(price: Any) -> Any:
    """A price in cents. A text in its place may say "Free to Play" and the like, or nothing ("Demo")."""
    if isinstance(price, str):
        return 0 if "free" in price.lower() else None
    if isinstance(price, int | float) and abs(price) < 1e9:
        return round(price * 100)
    return price


def _several(value: Any) -> Any:
    """One name as a list: it must not be split, for a studio may have ";" in its name."""
    return [value] if isinstance(value, str) and value.strip() else value
