"""The sets of the session-based papers: where they are, and the GCE-GNN paper's numbers for each."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from srec.dataset.sessions import TEST, TRAIN, digests
from srec.errors import SettingsError
from srec.models.gce_gnn import GCEGNNSettings

#: The share of sessions (whole ones, the latest) that chooses the epoch under the protocol "honest".
HELD_OUT = 0.1


@dataclass(frozen=True)
class Published:
    """The paper's numbers for a set: the settings that differ between sets (section 5.1), and the results."""

    hops: int
    dropout_gcn: float
    dropout_local: float
    figures: dict[str, float]


# Wang et al., SIGIR 2020, Table 2 (P@K is HR@K), and the authors' code for the dropouts.
PAPER = {
    "diginetica": Published(2, 0.2, 0.0, {"HR@10": 41.16, "HR@20": 54.22, "MRR@10": 18.15, "MRR@20": 19.04}),
    "nowplaying": Published(1, 0.0, 0.0, {}),
    "tmall": Published(1, 0.6, 0.5, {"HR@10": 28.01, "HR@20": 33.42, "MRR@10": 15.08, "MRR@20": 15.42}),
}
OTHER = Published(1, 0.2, 0.0, {})


def model_settings(name: str) -> GCEGNNSettings:
    """The paper's settings for a set; other sets get one hop."""
    published = PAPER.get(name, OTHER)
    return GCEGNNSettings(
        dimension=100,
        hops=published.hops,
        tags=False,
        context=False,
        dropout_gcn=published.dropout_gcn,
        dropout_local=published.dropout_local,
    )


def located(dataset: str | Path, data: str | Path | None = None) -> tuple[Path, str]:
    """Where a set is, and the name for its settings and results.

    Args:
        dataset: the name of a set of the paper, or a folder with the same two files. A folder's name gets a
            hash of the files, so that another folder with its name cannot replace it.
        data: the folder that has a folder for each named set.

    Raises:
        SettingsError: a set is named without ``data``.
        SourceError: the folder lacks one of the files.
    """
    source = Path(dataset)
    for name in PAPER:
        if str(dataset) == name and data is None:
            raise SettingsError(
                f"{name} is published by the authors of GCE-GNN with their code at"
                f" https://github.com/CCIIPLab/GCE-GNN: pass --data (in Python data=), the folder that has"
                f" {name}/{TRAIN} and {name}/{TEST}"
            )
        if data is not None and (str(dataset) == name or source.resolve() == (Path(data) / name).resolve()):
            return Path(data) / name, name
    found = hashlib.sha256("".join(digests(source).values()).encode()).hexdigest()
    return source, f"{source.resolve().name}-{found[:8]}"
