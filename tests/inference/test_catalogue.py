from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from srec.dataset.dataset import Dataset
from srec.inference.catalogue import read_games
from srec.testing.toys import chains, write_dataset

NAMES = [
    "Ember",
    "App 20",
    "Ember Demo",
    "Coal Season Pass",
    "The Jack Party Pack",
    "Filmworks",
    "Ember II",
    "Coal",
]
TYPES = ["game", None, "demo", None, "game", "game", "game", "game"]


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = write_dataset(tmp_path / "dataset", chains(8, 9, seed=0, noise=False), 8)
    file = made.path / "games.parquet"
    table = pq.read_table(file).sort_by("item")
    genres = [["Video Production"] if name == "Filmworks" else ["Action"] for name in NAMES]
    for name, values in (("name", NAMES), ("type", TYPES), ("genres", genres)):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))
    pq.write_table(table, file)
    return made


def test_what_is_no_game_or_has_no_name_is_hidden(dataset: Dataset) -> None:
    games = read_games(dataset)
    names = [info.name for info in games.infos]
    assert names == ["" if name.startswith("App") else name for name in NAMES]
    hidden = {info.name for info in games.infos if info.app_id in games.hidden}
    assert hidden == {"", "Ember Demo", "Coal Season Pass", "Filmworks"}


def test_without_a_catalogue_the_ids_are_names_and_every_game_is_offered(dataset: Dataset) -> None:
    file = dataset.path / "games.parquet"
    table = pq.read_table(file)
    nameless = {
        "name": [f"App {app_id}" for app_id in table["app_id"].to_pylist()],
        "type": [None] * len(table),
    }
    nameless["genres"] = [[]] * len(table)
    for name, values in nameless.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))
    pq.write_table(table, file)
    games = read_games(dataset)
    assert [info.name for info in games.infos] == [f"App {10 * item}" for item in range(1, 9)]
    assert games.hidden == []
