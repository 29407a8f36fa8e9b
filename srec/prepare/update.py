"""Preparing again after new reviews: what was counted is kept, and only what changed is counted.

The state keeps each user's tallies and the reviews of the users who liked enough games. What depends on all
of them at once (the fixed point, the split, the numbering) is made anew: it is the smaller part.
"""

import json
from contextlib import suppress
from pathlib import Path

import duckdb

from srec.errors import SRecError
from srec.prepare.engine import Engine
from srec.prepare.gathering import gather
from srec.prepare.interactions import PrepareSettings, filters, tally
from srec.store.connections.duckdb import quoted
from srec.store.stores.base import Reader
from srec.store.stores.integrity import readable

#: The format of the state; a state of another format is counted anew.
VERSION = 3


def tally_changes(engine: Engine, *, reader: Reader, settings: PrepareSettings, state: Path) -> None:
    """As ``tally``, counting only what changed in the store since the state was written; updates the state.

    Args:
        engine: DuckDB, with the reader attached to its catalogue.
        reader: the store.
        settings: the filters; where they differ from the state's, everything is counted again.
        state: the file of the state; it is made where there is none, or where it does not fit.

    Raises:
        SRecError: the reader cannot say what changed.
    """
    if reader.identity is None:
        raise SRecError(
            "only a store knows what changed in it: prepare these reviews without an update (--update)"
        )
    connection = engine.catalogue
    what = json.dumps({"version": VERSION, "store": reader.identity, "filters": filters(settings)})
    since = _attach(connection, state, what)
    if since is None:
        tally(engine, latest=True, settings=settings)
        script = "update_first"
    else:
        gather(engine, latest=True)
        engine.run("prepare_popular", popular_games=settings.popular_games)
        engine.run("update_affected", since=since, **filters(settings))
        script = "update_again"
    connection.begin()
    engine.run(script, what=what, batch=reader.batch, revision=reader.revision)
    connection.commit()
    if since is not None:
        engine.run("update_tables")
        engine.run("prepare_eligible", **filters(settings))


def _attach(connection: duckdb.DuckDBPyConnection, state: Path, what: str) -> int | None:
    """Attach the state; returns the batch up to which it counts, or None where it is new."""
    since = None
    with suppress(duckdb.Error):  # damaged, or of another program
        connection.execute(f"ATTACH {quoted(state)} AS state")
        since = _stands_at(connection, what)
    if since is not None:
        return since
    with suppress(duckdb.Error):
        connection.execute("DETACH state")
    for file in (state, state.with_name(f"{state.name}.wal")):
        file.unlink(missing_ok=True)
    connection.execute(f"ATTACH {quoted(state)} AS state")
    return None


def _stands_at(connection: duckdb.DuckDBPyConnection, what: str) -> int | None:
    """The batch up to which a sound state of the same store and filters counts; None for any other state.

    A store that was restored from a copy numbers its batches as before, with other reviews in them: the
    revision tells them apart.
    """
    found = connection.execute(
        "SELECT batch FROM state.counted JOIN store.revisions USING (batch, revision) WHERE what = $1", [what]
    ).fetchall()
    tables = ("user_tallies", "popular", "chosen")
    if not found or any(readable(connection, f"state.{table}").broken for table in tables):
        return None
    return int(found[0][0])
