"""What is read in each kind of case: sound files to begin with, and readers whose answers can be compared."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from srec.dataset.dataset import Dataset
from srec.inference.batch import answer_file
from srec.inference.bundle import Bundle
from srec.inference.export import export
from srec.inference.recommender import Recommender
from srec.models.sasrec import SASRecSettings
from srec.recipes import read_recipe
from srec.serving.app import create_app
from srec.serving.in_process import post
from srec.store.ingest import choose_source, ingest
from srec.store.stores import open_reader
from srec.store.stores.inspection import describe
from srec.testing.toys import chains, write_dataset
from srec.training.run import train
from srec.training.runs import Run
from srec.training.settings import TrainingSettings

REVIEWS = [
    {
        "user_id": f"u{at % 7}",
        "app_id": 10 * (at % 5 + 1),
        "positive": at % 3 > 0,
        "created_at": f"2020-01-{at + 1:02}",
    }
    for at in range(20)
]


@dataclass(frozen=True)
class Kind:
    """A kind of case.

    Attributes:
        read: reads a path; its answer is text to compare.
        sealed: whether checksums say what the content is, so that another answer is a wrong one.
        weight: how often it is drawn.
    """

    read: Callable[[Path], str]
    sealed: bool = False
    weight: int = 10


def write_sound(folder: Path) -> None:
    """What all cases begin with: each kind's file or directory, under its name.

    Args:
        folder: an empty folder.
    """
    dataset = write_dataset(folder / "dataset", chains(12, 60, seed=0, noise=False), 12)
    counted = train(dataset, folder / "run", "smart")
    quick = TrainingSettings(epochs=1, batch_size=20, refit=False)
    trained = train(dataset, folder / "trained", "sasrec", training=quick, settings={"dimension": 8})
    export(dataset, counted, folder / "bundle")
    export(dataset, trained, folder / "network")
    pq.write_table(pa.Table.from_pylist(REVIEWS), folder / "reviews.parquet")
    pq.write_table(pa.table({"liked": [[10, 20], [30], []]}), folder / "lists.parquet")
    table = pa.Table.from_pylist(REVIEWS)
    with pa.ipc.new_file(folder / "reviews.arrow", table.schema) as writer:
        writer.write_table(table)
    lines = "".join(json.dumps(row) + "\n" for row in REVIEWS)
    (folder / "reviews.jsonl").write_text(lines, encoding="utf-8")
    (folder / "reviews.json").write_text(json.dumps(REVIEWS), encoding="utf-8")
    names = list(REVIEWS[0])
    text = (
        ",".join(names) + "\n" + "".join(",".join(str(row[name]) for name in names) + "\n" for row in REVIEWS)
    )
    (folder / "reviews.csv").write_text(text, encoding="utf-8")
    (folder / "reviews.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    (folder / "reviews.csv.zst").write_bytes(pa.Codec("zstd").compress(text.encode(), asbytes=True))
    (folder / "recipe.toml").write_text(
        '[training]\nepochs = 3\nlearning_rate = 0.01\nmetric = "MRR@20"\n[sasrec]\ndimension = 16\n',
        encoding="utf-8",
    )
    (folder / "request.json").write_text(
        json.dumps({"liked": [10, 20], "disliked": [30], "k": 3, "filters": {"tags": ["Action"]}}),
        encoding="utf-8",
    )
    ingest(folder / "store.duckdb", choose(folder / "reviews.csv"))


def choose(file: Path) -> Any:
    """The source that reads a file of reviews."""
    return choose_source(file, "table", table="reviews")


def _dataset(path: Path) -> str:
    found = Dataset(path)
    arrays = [found.app_ids, *_values(found.sequences), *_values(found.dislikes), found.tag_factors]
    for ragged in (found.tags, *found.context.values()):
        arrays += [ragged.offsets, ragged.ids, np.frombuffer(repr(ragged.names).encode(), np.uint8)]
    train_items, times, _ = found.sequences.learnable("train")
    return _digest([*arrays, train_items, times]) + found.split + found.shows


def _run(path: Path) -> str:
    sound = Dataset(path.parent.parent / "sound" / "dataset")
    run = Run(path)
    scores = run.scorer(sound).score(np.array([[1, 2, 3]]))
    said = [run.model_name, run.valid, run.parameter_count, run.seconds, run.settings, run.log]
    if not run.counted:
        said += [run.chosen_epoch, run.peak_memory_mb, run.training.model_dump()]
    return _digest([scores]) + json.dumps(said)


def _bundle(path: Path) -> str:
    made = Recommender(Bundle(path))
    answers = [made.recommend(liked, k=5) for liked in ([10, 20], [], [30])]
    hits = [hit.name for hit in made.bundle.catalogue]
    return repr([[(one.app_id, round(one.score, 4)) for one in answer.games] for answer in answers]) + repr(
        hits
    )


def _lists(path: Path) -> str:
    recommender = Recommender(Bundle(path.parent.parent / "sound" / "bundle"))
    with TemporaryDirectory(dir=path.parent) as folder:
        answer_file(recommender, path, Path(folder) / "out.parquet", k=3)
        return repr(pq.read_table(Path(folder) / "out.parquet").to_pydict())


def _source(path: Path) -> str:
    with TemporaryDirectory(dir=path.parent) as folder:
        summary = ingest(Path(folder) / "store.duckdb", choose(path), threads=1)
    return repr(summary.reasons)


def _store(path: Path) -> str:
    with open_reader(str(path), whole=True) as reader:
        return repr(describe(reader))


def _recipe(path: Path) -> str:
    read = read_recipe(path)
    return repr((read.get(TrainingSettings), read.get(SASRecSettings)))


class _Requests:
    """The API of a sound bundle, opened once."""

    app: Any = None

    def __call__(self, path: Path) -> str:
        if self.app is None:
            self.app = create_app(path.parent.parent / "sound" / "bundle")
        status, body = asyncio.run(post(self.app, "/api/recommend", path.read_bytes()))
        if status >= 500:
            raise AssertionError(f"status {status}")
        json.loads(body)
        return f"{status} {body.decode()}"


KINDS: Mapping[str, Kind] = {
    "dataset": Kind(_dataset, sealed=True, weight=20),
    "run": Kind(_run, sealed=True, weight=15),
    "trained": Kind(_run, sealed=True, weight=15),
    "bundle": Kind(_bundle, sealed=True, weight=20),
    "network": Kind(_bundle, sealed=True, weight=20),
    "lists.parquet": Kind(_lists, weight=10),
    "reviews.parquet": Kind(_source, weight=2),
    "reviews.arrow": Kind(_source, weight=2),
    "reviews.jsonl": Kind(_source, weight=2),
    "reviews.json": Kind(_source, weight=2),
    "reviews.csv": Kind(_source, weight=2),
    "reviews.csv.gz": Kind(_source, weight=1),
    "reviews.csv.zst": Kind(_source, weight=1),
    "store.duckdb": Kind(_store, weight=2),
    "recipe.toml": Kind(_recipe, weight=10),
    "request.json": Kind(_Requests(), weight=15),
}


def _values(record: Any) -> list[Any]:
    return [one for one in vars(record).values() if one is not None]


def _digest(arrays: list[Any]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
