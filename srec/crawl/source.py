"""What a crawl fetched, as a source that a store ingests: a piece at a time, with lasting labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from srec.store.schema import GAMES, REVIEWS
from srec.store.sources.base import Part
from srec.store.sources.records import SourceRow, to_batches


@dataclass(frozen=True)
class Fetched:
    """Rows of reviews and games from Steam; all of them may be bad."""

    reviews: Sequence[SourceRow]
    games: Sequence[SourceRow]
    path: Path = Path("Steam")
    name: ClassVar[str] = "steam"
    simulated: ClassVar[bool] = False

    def parts(self) -> Iterator[Part]:
        """The reviews, then the games."""
        for table, rows in ((REVIEWS, self.reviews), (GAMES, self.games)):
            if rows:
                yield Part(table.name, to_batches(table, rows), partial=True)


def labelled(app_id: int, name: str) -> Path:
    """The "file" of a row, such as 620/details or 620/148271.

    Args:
        app_id: the app.
        name: the id of a review, "details" or "tags".
    """
    return Path(str(app_id), name)
