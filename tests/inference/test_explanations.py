"""The tags in common for many games at once, against the obvious way."""

import dataclasses
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import numpy as np
import pytest
from bundles import GAMES, contents, write_toy_bundle
from hypothesis import given
from hypothesis import strategies as st

from srec.artifacts import write_directory
from srec.inference.bundle import KIND, VERSION, Bundle, write_bundle
from srec.inference.explanations import TagExplanations
from srec.inference.scans import native

ITEMS = st.lists(st.integers(1, GAMES), max_size=12, unique=True)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Games with zero to three tags; weights are often equal, but no products are almost equal."""
    made = contents()
    generator = np.random.default_rng(0)
    kept = generator.random(len(made.tag_ids)) < 0.8
    owners = np.repeat(np.arange(GAMES), 3)[kept]
    changed = dataclasses.replace(
        made,
        tag_offsets=np.concatenate(([0, 0], np.cumsum(np.bincount(owners, minlength=GAMES)))),
        tag_ids=made.tag_ids[kept],
        tag_weights=generator.choice(np.array([0.25, 0.5, 1], np.float32), int(kept.sum())),
    )
    path = tmp_path_factory.mktemp("tags") / "b"
    with write_directory(path, KIND, VERSION) as draft:
        write_bundle(draft.path, changed)
    return Bundle(path)


def weights(bundle: Bundle, item: int) -> dict[str, float]:
    row = slice(bundle.tag_offsets[item], bundle.tag_offsets[item + 1])
    names = [bundle.tag_names[tag] for tag in bundle.tag_ids[row]]
    return dict(zip(names, bundle.tag_weights[row].tolist(), strict=True))


def obvious(bundle: Bundle, item: int, liked: list[int]) -> list[str]:
    theirs: dict[str, float] = {}
    for other in liked:
        for tag, weight in weights(bundle, other).items():
            theirs[tag] = max(theirs.get(tag, 0.0), weight)
    common = {tag: weight * theirs[tag] for tag, weight in weights(bundle, item).items() if tag in theirs}
    return sorted(common, key=lambda tag: -common[tag])


@pytest.mark.parametrize("way", sorted({native, None}, key=str))
@given(requests=st.lists(st.tuples(ITEMS, ITEMS), max_size=4), most=st.integers(1, 3))
def test_tags_in_common_are_the_obvious_ones(
    way: ModuleType | None, bundle: Bundle, requests: list[tuple[list[int], list[int]]], most: int
) -> None:
    with patch("srec.inference.explanations.native", way):
        explanations = TagExplanations(bundle, bundle.tag_names)
    found = explanations.shared([items for items, _ in requests], [liked for _, liked in requests], most)
    assert found == [[obvious(bundle, item, liked)[:most] for item in items] for items, liked in requests]


def test_a_games_own_tags_come_the_heaviest_first(tmp_path: Path) -> None:
    bundle = Bundle(write_toy_bundle(tmp_path / "b"))
    explanations = TagExplanations(bundle, bundle.tag_names)
    for item in (1, 2, GAMES):
        assert explanations.tags(item) == list(weights(bundle, item))
    assert explanations.tagged([1])
    assert not explanations.tagged([])
