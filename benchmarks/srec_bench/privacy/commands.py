"""Every command of SRec, in an order in which one makes what the next ones read, in the current folder."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from srec.dataset.sessions import TEST, TRAIN

_WINDOWS = (
    "--set prepare.test_days=300 --set prepare.valid_days=300 --set prepare.popular_games=0"
    " --set tags.dimension=8"
)
_SMALL = "--set gce-gnn.dimension=8"
COMMANDS = (
    "doctor",
    "simulate world --set simulate.reviews=2000 --set simulate.games=40",
    "ingest store.duckdb world --source simulated",
    "store stats store.duckdb",
    "store verify store.duckdb",
    "store export store.duckdb exported",
    f"prepare store.duckdb dataset {_WINDOWS}",
    "train dataset run",
    f"train dataset net --model gce-gnn --set training.epochs=1 {_SMALL}",
    "evaluate dataset report --run run",
    "export dataset run bundle",
    "export dataset net network",
    "export dataset net openvino --format openvino",
    "export dataset net torchscript --format torchscript",
    "export dataset net aotinductor --format aotinductor",
    "verify bundle",
    "recommend bundle 1000 1010",
    "batch bundle lists.parquet answers.parquet",
    "models publish models bundle",
    "models publish models network",
    "models list models",
    "models rollback models",
    "models prune models --keep 1",
    "leaderboard --dataset dataset --rows popularity,tags --work boards",
    "tune dataset trials --model item-knn --minutes 0.02",
    f"reproduce gce-gnn --dataset sessions --protocol honest --epochs 1 {_SMALL} --work sessions-work",
    "init first.toml --reviews world --source simulated",
    "update shop.toml",
)
#: Commands that are not watched here, and why.
APART = {
    "fetch": "it downloads what it is told to; its tests give it a server of their own",
    "crawl": "it asks Steam; its tests give it a Steam of their own",
    "serve": "it runs until it is stopped: it is watched by itself",
    "bench": "it runs the other commands",
}
_SHOP = """
[update]
reviews = "world"
source = "simulated"
least_kept = 0.05
[prepare]
popular_games = 0
test_days = 300
valid_days = 300
[tags]
dimension = 8
[evaluation]
resamples = 100
[visitors]
players = 50
told = [1, 3]
"""


def line(words: Sequence[str]) -> list[str]:
    """The command line that runs ``srec`` with these words."""
    return [sys.executable, "-m", "srec", *words]


@dataclass(frozen=True)
class Command:
    """What is run.

    Attributes:
        name: as the command line lists it, such as "store stats".
        words: what follows ``srec``.
        loopback: whether a library that it needs may speak to this machine itself.
    """

    name: str
    words: tuple[str, ...]
    loopback: bool = False


def commands(*, spark: bool = False) -> list[Command]:
    """All commands that end by themselves.

    Args:
        spark: prepare with Spark too, which needs Java.
    """
    found = [Command(_name(text), tuple(text.split())) for text in COMMANDS]
    if spark:
        words = f"prepare exported spark --engine spark {_WINDOWS}".split()
        found.append(Command("prepare --engine spark", tuple(words), loopback=True))
    return found


def write_inputs(folder: Path) -> None:
    """What the commands read and none of them makes.

    Args:
        folder: an empty one, in which they run.
    """
    pq.write_table(pa.table({"liked": [[1000], [1010, 1020]]}), folder / "lists.parquet")
    (folder / "shop.toml").write_text(_SHOP, encoding="utf-8")
    sessions = [[1 + (start + step) % 20 for step in range(4)] for start in range(20)]
    (folder / "sessions").mkdir()
    pq.write_table(pa.table({"session": sessions}), folder / "sessions" / TRAIN)
    table = {"session": [session[:3] for session in sessions], "target": [session[3] for session in sessions]}
    pq.write_table(pa.table(table), folder / "sessions" / TEST)


def _name(text: str) -> str:
    first, second = text.split()[:2] if " " in text else (text, "")
    return f"{first} {second}" if first in ("store", "models") else first
