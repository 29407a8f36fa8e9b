"""A simulated world, as ``srec simulate`` writes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from srec.artifacts import verify
from srec.errors import ArtifactError, SourceError
from srec.simulate.world import KIND, VERSION
from srec.store.schema import GAMES, REVIEWS
from srec.store.sources.base import Part
from srec.store.sources.parquet import read_parquet


@dataclass(frozen=True)
class SimulatedSource:
    """A folder that ``simulate`` wrote; a store that holds it says that its data is simulated."""

    path: Path
    name: ClassVar[str] = "simulated"
    simulated: ClassVar[bool] = True

    def parts(self) -> Iterator[Part]:
        """The world's reviews and games.

        Raises:
            SourceError: the folder is not a simulated world, or a file of it was changed.
        """
        try:
            verify(self.path, KIND, VERSION)
        except ArtifactError as error:
            raise SourceError(f"{self.path} is not a simulated world: {error}") from error
        for table in (REVIEWS, GAMES):
            yield Part(table.name, read_parquet(self.path / f"{table.name}.parquet", table))
