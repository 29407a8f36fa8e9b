"""What is known of users in all tables of a store, as one relation ``latest``, with or without dates."""

from srec.prepare.engine import Engine

#: The steps that count a store with undated rows: the relation of each.
SOURCES = {
    "reviews in the store": "store.reviews",
    "sequences in the store": "store.sequences",
    "libraries in the store, played games": "store.libraries WHERE hours > 0",
}


def gather(engine: Engine, *, latest: bool) -> None:
    """Make the relation that the filters read.

    Args:
        engine: it reads the store; afterwards it has ``dated`` and ``latest``, and ``undated`` where there
            are sequences or libraries.
        latest: whether there is at most one review for each user and game already.
    """
    engine.run("prepare_stored" if latest else "prepare_latest")
    engine.run("prepare_undated" if any(count_undated(engine).values()) else "prepare_dated")


def count_undated(engine: Engine) -> dict[str, int]:
    """How many rows without a date there are, by table; games never played do not count."""
    query = (
        "SELECT (SELECT count(*) FROM store.sequences) AS sequences,"
        " (SELECT count(*) FROM store.libraries WHERE hours > 0) AS libraries"
    )
    sequences, libraries = engine.rows(query)[0]
    return {"sequences": int(sequences), "libraries": int(libraries)}
