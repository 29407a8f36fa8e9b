"""Which column of a table is which, and how to reach it."""

import re
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

from srec.errors import SourceError
from srec.store.schema import Table

_NAME = re.compile(r"[^\W\d][\w .:/()%-]{0,63}")
_ID = re.compile(r"\d{5,}")
#: What others call the columns, in small letters with "_" between words.
SYNONYMS: Mapping[str, str] = {
    "user_id": "user userid author author_id customer customer_id player player_id member reviewer steamid"
    " author_steamid steam_id reviewer_id",
    "app_id": "app appid game game_id gameid item item_id itemid product product_id movieid steam_appid"
    " steam_app_id",
    "positive": "liked like recommended recommend recommends is_recommended voted_up is_positive thumbs_up"
    " label",
    "created_at": "created date time timestamp written written_at posted posted_at reviewed_at review_date"
    " timestamp_created unix_timestamp unixreviewtime created_on date_posted",
    "updated_at": "timestamp_updated updated edited edited_at",
    "review_id": "recommendationid recommendation_id",
    "playtime_minutes": "author_playtime_forever playtime_forever",
    "received_for_free": "free_copy",
    "early_access": "written_during_early_access",
    "hours": "play_hours hours_played playtime_hours",
    "place": "order position rank_in_time",
    "name": "title game_name product_name app_name",
    "price_usd_cents": "price_cents",
    "release_date": "released released_at date_release",
    "developers": "developer",
    "publishers": "publisher",
    "genres": "genre",
    "categories": "category specs",
    "tags": "steamspy_tags",
    "reviews_positive": "positive_ratings positive",
    "reviews_negative": "negative_ratings negative",
}
_OTHERS = "rating score review text review_text username likes comments helpful"
_VALUES = ("true", "false", "yes", "no", "null", "none", "nan", "na")


def choose_columns(
    path: Path,
    table: Table,
    *,
    columns: Mapping[str, str],
    available: Sequence[str],
    first_line: bool = False,
) -> dict[str, str]:
    """Which of a file's columns holds which canonical one.

    Args:
        path: the file, for messages.
        table: the canonical table.
        columns: canonical name to the file's; empty: the column is left out. One that is not named here goes
            by its canonical name.
        available: the file's columns.
        first_line: whether these are a line of the file, which may hold values instead of names.

    Returns:
        Canonical name to the file's, of the columns that are there.

    Raises:
        SourceError: a required or named column is missing, or a column to read is there twice.
    """
    chosen = {name: columns.get(name, name) for name in table.names}
    if needed := [name for name in table.required if not chosen[name]]:
        raise SourceError(f"{', '.join(needed)} cannot be left out: {table.name} mean nothing without it")
    chosen = {name: theirs for name, theirs in chosen.items() if theirs}
    missing = [
        theirs if name == theirs else f"{theirs} (for {name})"
        for name, theirs in chosen.items()
        if theirs not in available and (name in table.required or name in columns)
    ]
    if missing:
        if first_line:
            refuse_values(path, available, {*chosen.values()})
        shown = [name for name in available if _is_name(name)]  # keys of an object may be ids of users
        rule = table.name == "reviews" and chosen.get("positive") not in available
        hint = "; without such a column, use --positive 'rating >= 4' or --positive all" if rule else ""
        raise SourceError(
            f"{path} is not a table of {table.name}: it lacks {', '.join(missing)}; its columns are"
            f" {', '.join(shown)}{hint}"
        )
    chosen = {name: theirs for name, theirs in chosen.items() if theirs in available}
    doubled = [theirs for theirs in dict.fromkeys(chosen.values()) if available.count(theirs) > 1]
    if doubled:
        raise SourceError(
            f"{path} has more than one column {', '.join(doubled)}: rename all but the one that is meant"
        )
    return chosen


def refuse_values(path: Path, texts: Sequence[str], known: Container[str]) -> None:
    """Refuse a first line that holds values, without showing it.

    Args:
        path: the file.
        texts: its first line.
        known: as for ``are_names``.

    Raises:
        SourceError: they are no names.
    """
    if not are_names(texts, known):
        raise SourceError(
            f"{path} looks like a file without a header: put the columns' names in its first line, such as"
            " user_id,app_id,positive,created_at"
        )


def are_names(texts: Sequence[str], known: Container[str]) -> bool:
    """Whether the values of a line are names of columns, which a message may show: values may name a user.

    Args:
        texts: the line; an unnamed column, as an index has it, may be among them.
        known: names of which one must be there, or else two of the usual ones.
    """
    named = [text for text in texts if text]
    words = " ".join([*SYNONYMS, *SYNONYMS.values(), _OTHERS]).split()
    usual = {word.replace("_", "") for word in words}
    common = sum(re.sub("[^a-z]", "", text.lower()) in usual for text in named)
    return all(map(_is_name, named)) and (common > 1 or any(text in known for text in named))


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and text.lower() not in _VALUES and not _ID.search(text)


def reach(record: Mapping[str, Any], name: str) -> Any:
    """The value of a key, or of a dotted name that reaches into an object; None where it is not there."""
    value = record.get(name)
    if value is None and "." in name:
        value = record
        for key in name.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
    return _unwrapped(value)


def nested_names(record: Mapping[str, Any]) -> list[str]:
    """The keys of a record, and those of its objects by their dotted names."""
    inner = [f"{key}.{name}" for key, value in record.items() if isinstance(value, dict) for name in value]
    return [*record, *inner]


def _unwrapped(value: Any) -> Any:
    """What MongoDB's extended JSON wraps ({"$numberLong": "7"}); its numeric dates are milliseconds."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    if kind == "$date":
        inner = _unwrapped(inner)
        try:
            return (
                inner if isinstance(inner, str) and not re.fullmatch(r"-?\d+", inner) else int(inner) / 1000
            )
        except (TypeError, ValueError):
            return value
    return (
        inner if kind in ("$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "$oid") else value
    )
