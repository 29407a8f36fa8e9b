"""The DuckDB file of a store: made, opened, and brought to this version."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from srec.errors import SRecError, first_line
from srec.store.connections.duckdb import connect, run_sql
from srec.store.schema import LIBRARIES, SEQUENCES, TABLES, VERSION, Table
from srec.store.stores.declared import refuse_programs, refuse_undeclared, tables
from srec.store.stores.keys import beside, fingerprint, move_out, new_key
from srec.store.stores.ledger import Ledger, first_entries

#: The versions before this one: the first had no sequences and no libraries, the second holds its own key.
_WITHOUT_SEQUENCES, WITH_KEY = "3", "4"
_NUMBER = re.compile("[0-9]{1,18}")


def connect_store(
    path: Path, *, memory_limit: str | None = None, threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection to the file of a store, which has every table of this version afterwards.

    Args:
        path: the DuckDB file.
        memory_limit: DuckDB's limit, such as "4GB"; what does not fit spills beside the file.
        threads: how many threads DuckDB uses; by default all cores.

    Raises:
        SRecError: it is missing, not a store, of another version, or in use by another process.
    """
    while True:
        try:
            file = path.stat().st_ino
            # Whoever writes must read sources too: who only looks reaches no other file, whatever is in this.
            with connect(path, access_mode="READ_ONLY", enable_external_access="false") as looking:
                version = _version(path, looking)
            connection = connect(
                path, memory_limit=memory_limit, threads=threads, preserve_insertion_order="false"
            )
        except FileNotFoundError:
            raise SRecError(f"there is no store at {path}: srec ingest makes one") from None
        except (duckdb.Error, OSError) as error:
            raise SRecError(_why(path, error)) from error
        try:
            if path.stat().st_ino == file:
                connection.execute("SET TimeZone = 'UTC'")
                _bring_up(path, connection, version)
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()  # another process has written the file anew meanwhile


def ledger_of(path: Path, connection: duckdb.DuckDBPyConnection) -> Ledger:
    """The ledger of the store that a connection sees."""
    return Ledger(str(path), lambda statement, *values: connection.execute(statement, [*values]).fetchall())


def _version(path: Path, connection: duckdb.DuckDBPyConnection) -> str:
    """The version of a store that has what it declares, and nothing else."""
    ledger, declared = ledger_of(path, connection), dict(_declared())
    refuse_programs(connection, path)
    found = tables(connection)
    try:
        if found.get("meta") != declared["meta"]:
            raise LookupError("meta")
        version = ledger.meta("version")
    except (duckdb.Error, LookupError):
        raise SRecError(f"{path} is a DuckDB file, but not a store of SRec: name another") from None
    if version not in (str(VERSION), WITH_KEY, _WITHOUT_SEQUENCES):
        raise SRecError(
            f"{path} is a store of version {version}, this program reads version {VERSION}:"
            " make a new one with srec ingest"
        )
    if version == _WITHOUT_SEQUENCES:
        for table in (SEQUENCES, LIBRARIES):
            del declared[table.name]
    refuse_undeclared(found, declared, path)
    entries: dict[str, str | None] = dict(ledger.ask("SELECT key, value FROM meta"))
    entries.setdefault("identity", entries.get("secret"))  # stores of before have it in there
    for needed in ("simulated", "revision", "batch", "identity"):
        if entries.get(needed) is None:
            raise SRecError(f"{path} is no whole store: it lacks the entry {needed}")
    if not _NUMBER.fullmatch(str(entries["batch"])):
        raise SRecError(f"{path} is damaged: its batch is no number")
    return version


def _bring_up(path: Path, connection: duckdb.DuckDBPyConnection, version: str) -> None:
    ledger = ledger_of(path, connection)
    with transaction(path, connection):
        if version == _WITHOUT_SEQUENCES:
            for table in (SEQUENCES, LIBRARIES):
                _create_table(connection, table)
            ledger.ask("UPDATE meta SET value = $1 WHERE key = 'version'", WITH_KEY)
        if not ledger.ask("SELECT 1 FROM meta WHERE key = 'identity'"):
            ledger.ask("INSERT INTO meta VALUES ('identity', $1)", fingerprint(ledger.meta("secret")))


def move_key_out(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Put a store's own key where keys are kept; its bytes are in the file until that is written anew."""
    ledger = ledger_of(path, connection)
    with suppress(LookupError):  # killed before the file was written anew
        move_out(ledger.meta("secret"), str(path), beside(path))
        ledger.ask("DELETE FROM meta WHERE key = 'secret'")
    ledger.ask("CHECKPOINT")


@contextmanager
def transaction(path: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Everything inside happens as a whole or not at all.

    Raises:
        SRecError: the database fails.
    """
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException as error:
        # An error in the engine may have ended the transaction already.
        with suppress(duckdb.Error):
            connection.rollback()
        if isinstance(error, duckdb.Error):
            raise SRecError(f"{path} is as it was; the database said: {first_line(error)}") from error
        raise


@cache
def _declared() -> Mapping[str, str]:
    """The tables of a store, as DuckDB describes them."""
    with connect() as connection:
        create_tables(connection)
        return tables(connection)


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of a store, empty."""
    for table in TABLES.values():
        _create_table(connection, table)
    run_sql(connection, "srec.store", "store")


def _create_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    always = set[str]()
    if table.personal:
        always = {"user_key", "batch"} | {c.name for c in table.columns if c.required or c.stored}
    columns = [f"{name} {kind}{' NOT NULL' * (name in always)}" for name, kind in table.kept]
    connection.execute(f"CREATE TABLE {table.name} ({', '.join(columns)})")


def make(path: Path) -> None:
    """Make an empty store under another name, and then give it its own: a kill may leave half a file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        key = new_key(str(path), beside(path))
        entries = {"version": str(VERSION)} | first_entries(fingerprint(key))
        with TemporaryDirectory(prefix=f".{path.name}.", suffix=".draft", dir=path.parent) as folder:
            draft = Path(folder) / path.name
            with connect(draft) as connection:
                create_tables(connection)
                for name, value in entries.items():
                    connection.execute("INSERT INTO meta VALUES ($1, $2)", [name, value])
            # Another process may have made one meanwhile: that one stays.
            with suppress(FileExistsError):
                os.link(draft, path)
                # A first ingestion that failed elsewhere may have taken its key away meanwhile.
                move_out(key, str(path), beside(path))
    except (duckdb.Error, OSError) as error:
        raise SRecError(_why(path, error)) from error


def _why(path: Path, error: Exception) -> str:
    text = str(error)
    if "Conflicting lock" in text:
        return f"{path} is in use by another process: stop it, or wait until it has finished"
    if "not a valid DuckDB" in text:
        return f"{path} is not a store: it is not a DuckDB file"
    return f"{path} cannot be opened: {first_line(error)}"
