"""A table of one's own in PostgreSQL: the rows of a query, its columns mapped to the canonical names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from srec.errors import SourceError, SRecError
from srec.store.connections.postgresql import PostgresConnection, first_line_said
from srec.store.sources.base import Part
from srec.store.sources.tabular import Rule, part_of, renamed


@dataclass(frozen=True)
class QuerySource:
    """The rows of a query to a PostgreSQL database, as they are at that moment.

    Args:
        url: postgresql://user:password@host:port/database.
        query: a SELECT; it runs in a transaction that can change nothing.
        table: "reviews", "games", "sequences" or "libraries".
        columns: canonical name to the query's; a column not named here goes by its canonical name.
        positive: as for ``TableSource``.
    """

    url: str
    query: str
    table: str = "reviews"
    columns: Mapping[str, str] = field(default_factory=dict)
    positive: str = ""
    name: ClassVar[str] = "table"
    simulated: ClassVar[bool] = False

    @property
    def path(self) -> Path:
        """The database, without a password: host and name."""
        place = self.url.partition("://")[2].rpartition("@")[2]
        return Path(place.partition("?")[0] or "/")

    def parts(self) -> Iterator[Part]:
        """The query's rows.

        Raises:
            SourceError: the database cannot be reached or refuses the query, or a column is missing.
        """
        rule = Rule.of(self.table, self.columns, self.positive)
        yield part_of(rule.table, rule.judged(self._batches(rule)))

    def _batches(self, rule: Rule) -> Iterator[pa.RecordBatch]:
        try:
            server = PostgresConnection(self.url, schema=None)
        except SRecError as error:
            raise SourceError(str(error)) from None
        try:
            server.ask("BEGIN READ ONLY")
            with server.stream(without_end(self.query)) as reader:
                names, batches = reader.schema.names, map(_plain, reader)
                yield from renamed(self.path, rule.table, rule.columns, names=names, batches=batches)
        except (SRecError, pa.ArrowException, OSError) as error:
            said = str(error) if isinstance(error, SRecError) else f"{server.name}: {first_line_said(error)}"
            raise SourceError(said) from error
        finally:
            server.close()


_TOKEN = re.compile(
    r"(?P<idle>\s|;|--[^\r\n]*)|(?P<block>/\*)"
    r"|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
    r"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|[\w$]+|.",
    re.DOTALL,
)
_BLOCK = re.compile(r"/\*|\*/")


def without_end(query: str) -> str:
    """A query without the semicolons, comments and blanks behind it.

    The driver puts it into the bracket of a COPY, which a comment would swallow.

    Args:
        query: SQL as PostgreSQL reads it.
    """
    at = end = 0
    while token := _TOKEN.match(query, at):
        at = token.end()
        if token["block"]:
            at = _behind_block(query, at)
        elif not token["idle"]:
            end = at
    return query[:end]


def _behind_block(query: str, at: int) -> int:
    """Where a comment ends that began before a place; they nest."""
    depth = 1
    while depth and (mark := _BLOCK.search(query, at)):
        depth += 1 if mark[0] == "/*" else -1
        at = mark.end()
    return len(query) if depth else at


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Values for which Arrow has no type, such as numeric, arrive as an extension of text: take the text."""
    columns = [
        column.storage if isinstance(column, pa.ExtensionArray) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
