"""Preparing again after new reviews: what was counted is kept, and only what changed is counted.

Kept are each user's tallies and the reviews of the users who liked enough games. What depends on all of
them at once (the fixed point, the split, the numbering) is made anew: it is the smaller part.
"""

import json
from pathlib import Path

import duckdb

from srec.data.engines.duckdb import DuckDBEngine
from srec.data.prepare import PrepareSettings, filters, tally
from srec.data.sql import quoted
from srec.data.stores.base import Reader
from srec.errors import SRecError

#: Raised when a kept state would be misread.
VERSION = 1


def tally_changes(engine: DuckDBEngine, reader: Reader, settings: PrepareSettings, state: Path) -> None:
    """As ``tally``, of what changed in the store since the state was written; then the state is up to date.

    Args:
        engine: it has the reader attached.
        reader: the store.
        settings: the filters; others than the state's count everything again.
        state: the file to keep the state in; it is made where there is none, or where it does not fit.

    Raises:
        SRecError: the reader cannot say what changed.
    """
    if reader.identity is None:
        raise SRecError("only a store knows what changed in it: prepare these reviews without --update")
    connection = engine.catalogue
    what = json.dumps({"version": VERSION, "store": reader.identity, "filters": filters(settings)})
    since = _attach(connection, state, what, reader.batch)
    if since is None:
        tally(engine, True, settings)
        script = "update_first"
    else:
        engine.run("prepare_stored")
        engine.run("prepare_popular", popular_games=settings.popular_games)
        engine.run("update_affected", since=since, **filters(settings))
        script = "update_again"
    connection.begin()
    engine.run(script, what=what, batch=reader.batch)
    connection.commit()
    if since is not None:
        engine.run("update_tables")
        engine.run("prepare_eligible", **filters(settings))


def _attach(connection: duckdb.DuckDBPyConnection, state: Path, what: str, batch: int) -> int | None:
    """Attach the state; returns the batch it stands at, or None where it is new or ahead of the store."""
    try:
        connection.execute(f"ATTACH {quoted(state)} AS state")
        found = connection.execute("SELECT what, batch FROM state.counted").fetchall()
        if found and found[0][0] == what and found[0][1] <= batch:
            return int(found[0][1])
        connection.execute("DETACH state")
    except duckdb.CatalogException:
        connection.execute("DETACH state")
    except duckdb.Error:
        pass
    for file in (state, state.with_name(f"{state.name}.wal")):
        file.unlink(missing_ok=True)
    connection.execute(f"ATTACH {quoted(state)} AS state")
    return None
