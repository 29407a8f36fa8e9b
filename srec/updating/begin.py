"""``srec init``: look at a shop's reviews, and write a recipe that fits them."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from srec.errors import SettingsError
from srec.store.ingest import choose_source
from srec.store.sources.base import Source
from srec.store.sources.recognise import guess
from srec.updating.look import Look, look
from srec.updating.proposal import Proposal, expectations, propose

RECIPE = "srec.toml"


@dataclass(frozen=True)
class Begun:
    """What was found, proposed and written.

    Attributes:
        recipe: the file.
        found: what the reviews are like.
        proposal: what the recipe says.
        expect: what to expect, a line each.
    """

    recipe: Path
    found: Look
    proposal: Proposal
    expect: tuple[str, ...]


def begin(
    recipe: str | Path,
    reviews: str,
    *,
    source: str = "table",
    columns: Mapping[str, str] | None = None,
    positive: str = "",
    query: str = "",
    games: str = "",
    game_columns: Mapping[str, str] | None = None,
    memory: str = "2GB",
    threads: int | None = None,
) -> Begun:
    """Look at reviews, and write a recipe for ``srec update`` that fits them.

    Args:
        recipe: the file to write; it must not be there yet.
        reviews: the file, folder or URL of the reviews.
        source: the kind of source, as for ``srec ingest``.
        columns: for a table, its columns by our names; those of a file that are left out are guessed.
        positive: for a table without such a flag, "all" or a rule such as "rating >= 4".
        query: for a table in PostgreSQL, the SELECT that gives the reviews.
        games: a table of games; empty if there is none.
        game_columns: its columns, as ``columns``.
        memory: what the database may use before it spills to disk.
        threads: threads to use; all cores where None.

    Raises:
        SettingsError: the recipe is there already, or an argument is wrong.
        SourceError: the reviews are not what they are said to be; the message says which column is missing.
        SRecError: there is nothing to learn from.
    """
    recipe = Path(recipe)
    if recipe.exists():
        raise SettingsError(f"{recipe} is there already: name another file, or remove it")
    sources: list[Source] = []
    game_names = _guessed(games, "table", "games", game_columns) if games else {}
    if games:
        sources.append(choose_source(games, "table", table="games", columns=game_names))
    names = _guessed(reviews, source, "reviews", columns, positive=positive)
    tabular = source == "table"
    chosen = choose_source(
        reviews,
        source,
        table="reviews" if tabular else None,
        columns=names if tabular else None,
        positive=positive or None,
        query=query or None,
    )
    found = look([*sources, chosen], memory=memory, threads=threads)
    made = propose(found)
    expect = tuple(expectations(found, made))
    where = {"reviews": _place(reviews, recipe), "source": source, "positive": positive, "query": query}
    text = "".join(
        line + "\n"
        for line in [
            "# Written by srec init. Every line may be changed; srec update reads it each time.",
            *(f"# {line}" for line in expect),
            "",
            "[update]",
            *(f"{key} = {_toml(value)}" for key, value in where.items() if value),
            *([f"columns = {_table(names)}"] if names else []),
            *([f"games = {_toml(_place(games, recipe))}"] if games else []),
            *([f"game_columns = {_table(game_names)}"] if game_names else []),
            *_SERVED,
            *_settings(made),
        ]
    )
    recipe.parent.mkdir(parents=True, exist_ok=True)
    with recipe.open("x", encoding="utf-8") as file:
        file.write(text)
    return Begun(recipe, found, made, expect)


_SERVED = (
    'store = "store.duckdb" # all reviews; or a postgresql:// URL',
    'models = "models" # the published versions, for srec serve --models',
    "least_kept = 0.3 # the share of the served answers that must stay, or nothing is published",
)


def _settings(made: Proposal) -> list[str]:
    """The sections that depend on how much there is."""
    users = made.split == "users"
    return [
        "",
        "[prepare]",
        f"min_user_reviews = {made.users} # positive reviews of each user",
        f"min_game_reviews = {made.games} # positive reviews of each game",
        f"popular_games = {made.popular_games} # users who like only so many most popular games are left out",
        f'split = "{made.split}" # '
        + ("some people are held out whole: what would they get?" if users else "the last days are held out"),
        *([f"held_out_share = {made.share:g} # to test on, and as many to choose on"] if users else []),
        f'test_days = {made.days} # the window of split = "time"',
        f"valid_days = {made.days} # and the one before, to choose on",
        "",
        "[visitors]",
        f"min_games = {made.min_games} # liked games of each person who is measured",
    ]


def _guessed(
    where: str, source: str, table: str, columns: Mapping[str, str] | None, *, positive: str = ""
) -> dict[str, str]:
    """The columns of a table; those of a file that are not named are guessed."""
    named = dict(columns or {})
    if source != "table" or "://" in where:
        return named
    return guess(Path(where), table, named, positive=positive)


def _place(where: str, recipe: Path) -> str:
    """Where it is, seen from the recipe's folder."""
    return where if "://" in where else os.path.relpath(where, recipe.absolute().parent)


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _table(values: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{key} = {_toml(value)}" for key, value in values.items()) + " }"
