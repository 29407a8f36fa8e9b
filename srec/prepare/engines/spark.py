"""Spark, on one machine or a cluster: the same SQL files, translated by sqlglot.

Each table is written as Parquet into a scratch folder that all workers see, and is read from there. So no
plan grows from round to round, and a lost worker costs one step at most.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from srec.artifacts import check_manifest
from srec.dataset.dataset import Dataset
from srec.errors import MissingLibrary, SRecError, first_line
from srec.prepare.build import build
from srec.prepare.context import ContextSettings
from srec.prepare.interactions import Note, PrepareSettings, tally
from srec.prepare.tags import TagSettings
from srec.quiet import variables
from srec.store.connections.duckdb import connect, read_sql
from srec.store.schema import TABLES
from srec.store.stores.parquet import KIND, VERSION, no_rows, unexported

try:
    import sqlglot
    from pyspark.errors import PySparkException
    from pyspark.sql import DataFrame, SparkSession
except ModuleNotFoundError as missing:
    raise MissingLibrary(missing.name or "pyspark", "spark") from missing

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    # DuckDB has no such type, and reads its own TIMESTAMP as this one.
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.ui.showConsoleProgress": "false",
}


def prepare(
    store: str,
    target: Path,
    settings: PrepareSettings,
    *,
    tags: TagSettings,
    context: ContextSettings,
    master: str = "local[*]",
    scratch: str | None = None,
    note: Note = lambda line: None,
) -> Dataset:
    """As DuckDB's ``prepare``; the dataset is the same.

    Args:
        store: a folder as ``srec store export`` writes it, as all of Spark's workers see it; a path or URL.
        target: where the dataset directory shall appear, on this machine.
        settings: filters and windows.
        tags: the factorisation of the tags.
        context: the pooling of metadata.
        master: Spark's master, or the URL of a Spark Connect server.
        scratch: a folder for intermediate tables, as all workers see it; None means one beside the dataset.
        note: called with a line after each step.

    Raises:
        ArtifactError: ``target`` exists and is not a dataset.
        SRecError: nothing is left after the filters, Spark does not start, or cannot read the folder.
    """
    own = target.absolute().with_name(f".{target.name}.spark")
    try:
        with SparkEngine(store, master, f"{scratch or own}/srec-{secrets.token_hex(4)}") as engine:
            count = partial(tally, latest=engine.latest, settings=settings)
            return build(
                engine,
                lambda _: engine,
                count,
                target=target,
                settings=settings,
                tags=tags,
                context=context,
                note=note,
            )
    finally:
        shutil.rmtree(own, ignore_errors=True)


class SparkEngine:
    """An ``Engine`` on Spark, over reviews as ``srec store export`` writes them.

    Args:
        where: the exported folder, as all workers see it: a path, or a URL such as s3a://bucket/reviews.
        master: ``local[2]``, ``spark://host:7077``, ``yarn``, ..., or ``sc://host`` for Spark Connect.
        scratch: a folder for intermediate tables, as all workers see it; no other run may use it.

    Raises:
        MissingLibrary: the extra is not installed.
        SRecError: Spark does not start or cannot read the folder.
    """

    identity, batch = None, 0

    def __init__(self, where: str, master: str, scratch: str) -> None:
        self.where, self.scratch = where.rstrip("/"), scratch.rstrip("/")
        self._written = 0
        self._spark = _session(master, self.scratch)
        try:
            text = self._spark.read.text(f"{self.where}/manifest.json", wholetext=True).collect()[0][0]
            manifest = check_manifest(json.loads(text), where, kind=KIND, version=VERSION)
            for name, table in TABLES.items():
                if name in unexported(manifest):
                    frame = self._frame(sqlglot.parse_one(no_rows(table), read="duckdb"), {})
                else:
                    frame = self._spark.read.parquet(f"{self.where}/{name}.parquet")
                frame.createOrReplaceTempView(f"store_{name}")
        except PySparkException as error:
            self.close()
            raise SRecError(f"Spark cannot read {where}: {first_line(error)}") from error
        except BaseException:
            self.close()
            raise
        self.simulated, self.latest = bool(manifest["simulated"]), bool(manifest["latest"])
        self.revision = str(manifest["revision"])

    @cached_property
    def catalogue(self) -> duckdb.DuckDBPyConnection:
        """As ``Engine.catalogue``: a DuckDB of its own, with the games and the vocabulary in it."""
        connection = connect()
        connection.execute("CREATE SCHEMA store")
        for name, view in (("store.games", "store_games"), ("vocabulary", "vocabulary")):
            incoming = self._spark.table(view).toArrow()  # noqa: F841 -- DuckDB finds it by this name
            connection.execute(f"CREATE TABLE {name} AS FROM incoming")
        return connection

    def run(self, name: str, **values: Any) -> None:
        """As ``Engine.run``, of files that create tables and views."""
        for statement in sqlglot.parse(read_sql("srec.prepare", name), read="duckdb"):
            if not isinstance(statement, sqlglot.exp.Create):
                raise SRecError(f"{name}.sql does more than create tables: Spark cannot run it")
            frame = self._frame(statement.expression, values)
            if statement.kind == "TABLE":
                frame = self._kept(statement.this.name, frame)
            frame.createOrReplaceTempView(statement.this.name)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """As ``Engine.rows``."""
        return [tuple(row) for row in self._frame(sqlglot.parse_one(query, read="duckdb"), {}).collect()]

    def stream(self, name: str, **values: Any) -> Iterator[pa.RecordBatch]:
        """As ``Engine.stream``; the rows of one call are in this process's memory."""
        query = sqlglot.parse_one(read_sql("srec.prepare", name), read="duckdb")
        yield from self._frame(query, values).toArrow().to_batches()

    def rename(self, table: str, new: str) -> None:
        """As ``Engine.rename``."""
        self._spark.table(table).createOrReplaceTempView(new)
        self.drop(table)

    def drop(self, *tables: str) -> None:
        """As ``Engine.drop``."""
        for table in tables:
            self._spark.catalog.dropTempView(table)

    def close(self) -> None:
        """As ``Engine.close``."""
        self._spark.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _frame(self, query: sqlglot.exp.Expr, values: dict[str, Any]) -> DataFrame:
        for table in query.find_all(sqlglot.exp.Table):
            if table.db == "store":  # a view of a session has no schema
                table.replace(sqlglot.exp.table_(f"store_{table.name}", alias=table.alias or None))
        names = {placeholder.name for placeholder in query.find_all(sqlglot.exp.Placeholder)}
        names |= {parameter.name for parameter in query.find_all(sqlglot.exp.Parameter)}
        return self._spark.sql(query.sql(dialect="spark"), args={name: values[name] for name in names})

    def _kept(self, name: str, frame: DataFrame) -> DataFrame:
        self._written += 1
        path = f"{self.scratch}/{self._written:03}-{name}"
        frame.write.mode("overwrite").parquet(path)
        return self._spark.read.parquet(path)


def _session(master: str, scratch: str) -> SparkSession:
    builder = SparkSession.builder.appName("srec prepare")
    builder = builder.remote(master) if master.startswith("sc://") else builder.master(master)
    for key, value in _SETTINGS.items():
        builder = builder.config(key, value)
    if master.startswith("local"):
        # On one machine: nothing that listens, and no more tasks than cores.
        builder = builder.config("spark.ui.enabled", "false")
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
        builder = builder.config("spark.driver.host", "127.0.0.1")
        builder = builder.config("spark.sql.shuffle.partitions", str(os.cpu_count() or 1))
        # And nothing in the system's temporary folder, which Java takes whatever TMPDIR says.
        Path(scratch).mkdir(parents=True, exist_ok=True)
        builder = builder.config("spark.local.dir", scratch)
        java = f'-XX:-UsePerfData "-Djava.io.tmpdir={Path(scratch).absolute()}"'
        builder = builder.config("spark.driver.extraJavaOptions", java)
    try:
        # The launcher is a Java of its own; and a machine that is asked for its own name asks a name server.
        with variables(SPARK_LAUNCHER_OPTS="-XX:-UsePerfData", SPARK_LOCAL_IP="127.0.0.1"):
            return builder.getOrCreate()
    except (PySparkException, RuntimeError, OSError) as error:
        raise SRecError(f"Spark does not start on {master}: {first_line(error)}") from error
