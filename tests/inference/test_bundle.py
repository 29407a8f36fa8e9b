import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from bundles import contents, write_toy_bundle

from srec.artifacts import write_directory
from srec.errors import ArtifactError
from srec.inference.bundle import KIND, VERSION, Bundle, BundleContents, write_bundle


def test_what_was_written_is_read(tmp_path: Path) -> None:
    bundle, given = Bundle(write_toy_bundle(tmp_path / "b")), contents()
    assert bundle.games == given.games
    assert bundle.app_ids.tolist() == [game.app_id for game in given.games]
    assert np.array_equal(bundle.items, given.model.items)
    assert np.array_equal(bundle.tag_weights, given.tag_weights)
    assert bundle.simulated
    assert bundle.encoder.read_bytes() == given.model.encoder


FILES = ["encoder.onnx", "items.npy", "app_ids.npy", "games.json", "tag_ids.npy", "config.json"]


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_refused(tmp_path: Path, name: str) -> None:
    file = write_toy_bundle(tmp_path / "b") / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match=f"{name} has changed since it was written"):
        Bundle(tmp_path / "b")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    (write_toy_bundle(tmp_path / "b") / name).unlink()
    with pytest.raises(ArtifactError, match=f"lacks {name}"):
        Bundle(tmp_path / "b")


def nan_items(given: BundleContents) -> dict[str, object]:
    items = given.model.items.copy()
    items[3, 2] = np.nan
    return {"model": dataclasses.replace(given.model, items=items)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda given: {"model": dataclasses.replace(given.model, items=given.model.items[:-1])},
            "items.npy must be a matrix",
        ),
        (nan_items, "not finite"),
        (lambda given: {"popularity": given.popularity[1:]}, "popularity.npy"),
        (lambda given: {"games": [*given.games[:-1], given.games[0]]}, "each once"),
        (lambda given: {"tag_ids": given.tag_ids + 1}, "tag_ids.npy must name tags"),
        (lambda given: {"tag_offsets": given.tag_offsets + 1}, "tag_offsets.npy must rise from 0"),
        (lambda given: {"config": {"model": "toy"}}, "config.json .*max_length: Field required"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(tmp_path: Path, change: object, message: str) -> None:
    """Checksums alone prove nothing: the whole bundle may have been written wrong."""
    assert callable(change)
    given = contents()
    with write_directory(tmp_path / "b", KIND, VERSION) as draft:
        write_bundle(draft.path, dataclasses.replace(given, **change(given)))
    with pytest.raises(ArtifactError, match=message):
        Bundle(tmp_path / "b")


def test_a_pickled_array_is_not_loaded(tmp_path: Path) -> None:
    with write_directory(tmp_path / "b", KIND, VERSION) as draft:
        write_bundle(draft.path, contents())
        np.save(draft.path / "items.npy", np.array([{"a": 1}], dtype=object))
    with pytest.raises(ArtifactError, match=r"items\.npy cannot be read"):
        Bundle(tmp_path / "b")


@pytest.mark.parametrize(
    "games", [[1, 2], {"app_id": 1}, [{"app_id": 1}], [{"app_id": 1, "price": 5}], "games", None]
)
def test_what_are_no_games_is_refused(tmp_path: Path, games: object) -> None:
    with write_directory(tmp_path / "b", KIND, VERSION) as draft:
        write_bundle(draft.path, contents())
        (draft.path / "games.json").write_text(json.dumps(games), encoding="utf-8")
    with pytest.raises(ArtifactError, match=r"games\.json (does not|has other)"):
        Bundle(tmp_path / "b")
