"""The tables in PostgreSQL, as numbered SQL files: each brings a database one version further.

All of them lie in the schema ``srec``: nothing else in the database is touched.
"""

import logging
import time
from importlib.resources import files

from srec.errors import SRecError
from srec.store.connections.postgresql import PostgresConnection
from srec.store.stores.keys import fingerprint, move_out, new_key, place_of
from srec.store.stores.ledger import first_entries

logger = logging.getLogger("srec.store")

#: The number of the advisory lock that a writer holds; each database has its own.
_LOCK = 0x53526563
#: How long a writer waits for another that may be about to finish.
_PATIENCE_SECONDS = 2.0
#: The migration that takes the key out of the table ``meta``.
_WITHOUT_KEY = 4


def migrations() -> dict[int, list[str]]:
    """The statements of each migration by its number, in order."""
    found = {}
    for file in sorted(files(__name__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            lines = file.read_text(encoding="utf-8").splitlines()
            text = "\n".join(line.partition("--")[0].rstrip() for line in lines)
            found[int(file.name[:4])] = [part.strip() for part in text.split(";\n") if part.strip(" \n;")]
    return found


def lock(server: PostgresConnection) -> None:
    """Make this connection the only one that writes to the store, until it is closed.

    Args:
        server: a connection to the store.

    Raises:
        SRecError: another connection is writing.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while not server.ask("SELECT pg_try_advisory_lock($1)", _LOCK)[0][0]:
        if time.monotonic() > until:
            raise SRecError(
                f"{server.name} is in use by another process: stop it, or wait until it has finished"
            )
        time.sleep(0.05)


def migrate(server: PostgresConnection, *, create: bool) -> None:
    """Bring the tables to this program's version, each migration in one transaction.

    Args:
        server: a connection that holds the lock.
        create: make the tables where there are none.

    Raises:
        SRecError: there are no tables, they are of a newer version, or there is no place for the store's key.
    """
    version = _version(server)
    if not version and not create:
        raise SRecError(f"there is no store at {server.name}: srec ingest makes one")
    if not version:
        key = new_key(server.name, None)
    elif version < _WITHOUT_KEY:
        _move_key_out(server)
    for number, statements in migrations().items():
        if number > version:
            with server.transaction():
                if number == 1:
                    _make_schema(server)
                for statement in statements:
                    server.ask(statement)
                if number == 1:
                    for name, value in first_entries(fingerprint(key)).items():
                        server.ask("INSERT INTO meta (key, value) VALUES ($1, $2)", name, value)
                server.ask("INSERT INTO migrations (number) VALUES ($1)", number)


def _move_key_out(server: PostgresConnection) -> None:
    """Put a store's own key where keys are kept."""
    # A store whose making was interrupted has never held one.
    for (key,) in server.ask("SELECT value FROM srec.meta WHERE key = 'secret'"):
        move_out(str(key), server.name, None)
        where = place_of(server.name, None)
        logger.warning("the key of %s leaves it, and is in %s: keep it apart", server.name, where)


def check_version(server: PostgresConnection) -> None:
    """Check that the tables are of this program's version.

    Args:
        server: a connection to the store.

    Raises:
        SRecError: there are no tables, or they are of another version.
    """
    version, ours = _version(server), max(migrations())
    if not version:
        raise SRecError(f"there is no store at {server.name}: srec ingest makes one")
    if version < ours:
        raise SRecError(
            f"{server.name} is a store of version {version}, this program reads version {ours}:"
            " the next srec ingest upgrades it"
        )


def _version(server: PostgresConnection) -> int:
    """The last migration the database has seen; 0 where there is no store."""
    if not server.ask("SELECT to_regclass('srec.migrations') IS NOT NULL")[0][0]:
        return 0
    version = int(server.ask("SELECT coalesce(max(number), 0) FROM srec.migrations")[0][0])
    if version > max(migrations()):
        raise SRecError(
            f"{server.name} is a store of version {version}, this program reads version {max(migrations())}:"
            " install a newer SRec"
        )
    return version


def _make_schema(server: PostgresConnection) -> None:
    """Make the schema; an empty one may be there, made by an administrator."""
    there = "SELECT count(*) FROM pg_namespace WHERE nspname = 'srec'"
    if not server.ask(there)[0][0]:
        server.ask("CREATE SCHEMA srec")
    elif server.ask("SELECT count(*) FROM pg_class WHERE relnamespace = 'srec'::regnamespace")[0][0]:
        raise SRecError(f"{server.name} has a schema srec that SRec did not make: name another database")
    server.ask(
        "CREATE TABLE srec.migrations"
        " (number integer PRIMARY KEY, applied_at timestamp NOT NULL DEFAULT localtimestamp)"
    )
