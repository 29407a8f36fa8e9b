"""One published version: what it is, what it was measured at, and what it was made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from srec.artifacts import MANIFEST, identity
from srec.errors import ArtifactError
from srec.reading import read_json


@dataclass(frozen=True)
class Version:
    """A published bundle, as far as its own files tell.

    Attributes:
        number: of the version, from 1.
        path: its directory.
        bundle: names the bundle's content.
        model: the model's name.
        created_at: when the bundle was made.
        data_until: the day of the newest review that it was made from; None where that is not known.
        simulated: whether its games are invented.
        made_from: what it was made from, by kind: "store", "dataset" and "run", each a hash of its content.
        figures: what a report measured of it, by name; empty without a report.
        problem: why it cannot be read; else None.
    """

    number: int
    path: Path
    bundle: str = ""
    model: str = ""
    created_at: datetime | None = None
    data_until: datetime | None = None
    simulated: bool = False
    made_from: Mapping[str, str] | None = None
    figures: Mapping[str, float] | None = None
    problem: str | None = None

    @classmethod
    def read(cls, path: Path, number: int) -> Self:
        """The version in a directory; nothing but its small files is read."""
        try:
            manifest = read_json(path / MANIFEST, dict[str, Any])
            config = read_json(path / "config.json", dict[str, Any])
            lineage = manifest.get("lineage", {})
            measured = config.get("figures", {}).get("figures", {})
            store = {"store": lineage["store"]} if lineage.get("store") else {}
            return cls(
                number,
                path,
                bundle=identity(manifest),
                model=config["model"],
                created_at=_moment(manifest["created_at"]),
                data_until=_moment(lineage.get("data_until")),
                simulated=bool(config["simulated"]),
                made_from=store | dict(manifest["inputs"]),
                figures={name: float(one["value"]) for name, one in measured.items()},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ArtifactError) as error:
            return cls(number, path, problem=f"{type(error).__name__}: {error}")

    def age(self, now: datetime | None = None) -> float | None:
        """How many days old its newest review is; None where that is not known.

        Args:
            now: the moment to count from; None means now.
        """
        return None if self.data_until is None else _days(self.data_until, now)

    def made_age(self, now: datetime | None = None) -> float | None:
        """How many days ago it was made; None where that is not known.

        Args:
            now: the moment to count from; None means now.
        """
        return None if self.created_at is None else _days(self.created_at, now)

    def as_json(self) -> dict[str, Any]:
        """The version as JSON values."""
        return {
            "version": self.number,
            "path": str(self.path),
            "bundle": self.bundle,
            "model": self.model,
            "created_at": self.created_at and self.created_at.isoformat(),
            "data_until": self.data_until and self.data_until.date().isoformat(),
            "simulated": self.simulated,
            "made_from": dict(self.made_from or {}),
            "figures": dict(self.figures or {}),
            "problem": self.problem,
        }


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _days(since: datetime, now: datetime | None) -> float:
    return ((now or datetime.now(UTC)) - since).total_seconds() / 86_400
