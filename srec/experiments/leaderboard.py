"""``srec leaderboard``: every model that fits a dataset, measured under one protocol, in one table."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from srec import __version__
from srec.artifacts import write_json
from srec.dataset.dataset import Dataset
from srec.errors import SettingsError
from srec.evaluation.settings import BATCH_SIZE
from srec.experiments.reproduce import EPOCHS, model_settings, training_settings
from srec.experiments.rows import Row, measure
from srec.models import MODELS
from srec.models.gce_gnn import GCEGNNSettings
from srec.reports.leaderboard import HEADINGS, cells, markdown, page
from srec.settings import Recipe, Settings
from srec.training.loop import Watch
from srec.training.settings import TrainingSettings, training_of

LONGEST = 200


def rows(dataset: Dataset, name: str, recipe: Recipe) -> list[Row]:
    """The rows of a dataset: whole sessions as the papers have them, or prepared reviews of games.

    Args:
        dataset: which.
        name: of a set of the GCE-GNN paper, for its settings; any other.
        recipe: the settings that differ from the defaults.

    Raises:
        SettingsError: the recipe sets what the protocol fixes.
    """
    explicit = recipe.get(TrainingSettings).model_fields_set
    if "refit" in explicit:
        raise SettingsError("training.refit cannot be set here: every model is trained anew before the test")
    if "seed" in explicit:
        raise SettingsError("training.seed cannot be set here: --seeds N trains with the seeds 0 to N - 1")
    defaults = {"max_length": LONGEST} if dataset.repeats else {}
    length = recipe.changed(TrainingSettings(**defaults)).max_length
    found: list[Row] = []
    for key, entry in MODELS.items():
        if not entry.fits(dataset):
            continue
        kind = entry.load()
        settings = recipe.get(kind.settings_type)
        if not entry.learnt:
            found.append(Row(key, key, settings, None, length))
        elif key != "gce-gnn":
            found.append(Row(key, key, settings, training_of(kind, recipe, **defaults), length))
        elif dataset.repeats:
            training = recipe.changed(training_settings("honest", 0, EPOCHS))
            found.append(Row(key, key, recipe.changed(model_settings(name)), training, training.max_length))
        else:
            found += _modifications(settings, training_of(kind, recipe))
    return found


def _modifications(settings: Settings, training: TrainingSettings) -> list[Row]:
    """The paper's GCE-GNN, SRec's, and SRec's without or with other parts."""
    assert isinstance(settings, GCEGNNSettings)
    plain = {"tags": False, "context": False}
    changes: dict[str, dict[str, Any]] = {
        "gce-gnn as published": plain | {"dimension": 100, "hops": 2},
        "srec": {},
        "srec without tags": {"tags": False},
        "srec without context": {"context": False},
        "srec without both": plain,
        "srec with 2 hops": {"hops": 2},
        "srec without global graph": {"hops": 0},
    }
    return [
        Row(name, "gce-gnn", settings.model_copy(update=change), training, training.max_length)
        for name, change in changes.items()
    ]


def leaderboard(
    dataset: Dataset,
    name: str,
    known_rows: Sequence[Row],
    wanted: Sequence[Row],
    seeds: Sequence[int],
    work: Path,
    target: Path,
    watch: Watch = lambda step: None,
    told: Callable[[str], None] = lambda line: None,
    batch_size: int = BATCH_SIZE,
) -> dict[str, Any]:
    """Measure the rows that are not there yet; after each, write all that are there as one table.

    Args:
        dataset: what to learn and to test on.
        name: of the dataset, for the title.
        known_rows: all rows of the dataset; the table has those of them that are there.
        wanted: the rows that shall be there.
        seeds: of trained models.
        work: where runs are kept.
        target: the folder of rows/*.json (one a row), leaderboard.json, .md and .html.
        watch: told after each training step.
        told: told what is measured.
        batch_size: examples scored at a time; it bounds the memory and changes no rank.

    Returns:
        Plain JSON: dataset, protocol, rows.
    """
    (target / "rows").mkdir(parents=True, exist_ok=True)
    for row in wanted:
        file = target / "rows" / f"{file_name(row.name)}.json"
        if _known(file, row, dataset, seeds) is None:
            told(f"measuring {row.name}")
            write_json(file, measure(dataset, row, seeds, work, watch, batch_size))
            _write_table(dataset, name, known_rows, target)
    return _write_table(dataset, name, known_rows, target)


def _write_table(dataset: Dataset, name: str, known_rows: Sequence[Row], target: Path) -> dict[str, Any]:
    """All rows that are there, of these settings, as leaderboard.json, .md and .html; returns the JSON."""
    found = (_known(target / "rows" / f"{file_name(row.name)}.json", row, dataset, ()) for row in known_rows)
    measured = [row for row in found if row is not None]
    result = {
        "command": "leaderboard",
        "srec": __version__,
        "name": name,
        "dataset": {"fingerprint": dataset.fingerprint, "simulated": dataset.simulated}
        | {key: dataset.manifest["statistics"].get(key) for key in ("users", "items", "interactions")},
        "repeats": dataset.repeats,
        "rows": sorted(measured, key=lambda row: -row["metrics"]["MRR@20"]),
    }
    write_json(target / "leaderboard.json", result)
    (target / "leaderboard.md").write_text(markdown(result), encoding="utf-8")
    (target / "leaderboard.html").write_text(page(result), encoding="utf-8")
    return result


def table(result: dict[str, Any]) -> Table:
    """For the terminal."""
    made = Table(title=f"{result['name']}: metrics in %")
    for place, heading in enumerate(HEADINGS):
        made.add_column(heading, justify="right" if place else "left")
    for row in result["rows"]:
        made.add_row(*map(escape, cells(row)))
    return made


def digest(rows: Iterable[Row], dataset: Dataset) -> str:
    """A short hash that names the settings of rows."""
    described = json.dumps([row.described(dataset, ()) for row in rows], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:8]


def chosen(all_rows: Iterable[Row], names: str | None) -> list[Row]:
    """The rows of these names, separated by commas, as the table or their files have them; all where None.

    Raises:
        SettingsError: there is no such row; the message lists those there are.
    """
    known = {file_name(row.name): row for row in all_rows}
    if names is None:
        return list(known.values())
    asked = [name.strip() for name in names.split(",")]
    for name in asked:
        if file_name(name) not in known:
            raise SettingsError(f"there is no row {name!r}; the rows are {', '.join(known)}")
    return [known[file_name(name)] for name in asked]


def file_name(name: str) -> str:
    """A row's name as that of a file."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name).split())


def _known(file: Path, row: Row, dataset: Dataset, seeds: Sequence[int]) -> dict[str, Any] | None:
    """What the file has, where it is of this dataset, these settings and these seeds at least."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    described = row.described(dataset, seeds)
    wanted = set(described.pop("seeds"))
    same = isinstance(found, dict) and all(found.get(key) == value for key, value in described.items())
    return found if same and wanted <= set(found["seeds"]) else None
