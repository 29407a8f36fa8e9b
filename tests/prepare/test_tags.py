import json
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from srec.prepare.tags import TagSettings, factorise, write_tags


def test_a_matrix_of_rank_two_is_rebuilt_by_two_factors() -> None:
    generator = np.random.default_rng(0)
    exact = generator.random((30, 2)) @ generator.random((2, 12))
    settings = TagSettings(dimension=2, iterations=2000)
    factors, components, facts = factorise(csr_matrix(exact), settings)
    assert (factors >= 0).all()
    assert (components >= 0).all()
    assert np.abs(factors @ components - exact).max() < 0.02
    # The reported error is the relative Frobenius norm of what is left.
    left = np.linalg.norm(factors @ components - exact) / np.linalg.norm(exact)
    assert facts["relative_reconstruction_error"] == pytest.approx(left, abs=1e-4)


def test_the_same_seed_gives_the_same_factors() -> None:
    matrix = csr_matrix(np.random.default_rng(1).random((20, 9)))
    first, second = (factorise(matrix, TagSettings(dimension=4))[0] for _ in range(2))
    assert np.array_equal(first, second)


def test_more_dimensions_than_tags_leaves_the_surplus_zero() -> None:
    factors, components, _ = factorise(csr_matrix(np.eye(3)), TagSettings(dimension=8))
    assert factors.shape == (3, 8)
    assert components.shape == (8, 3)
    assert not factors[:, 3:].any()


def test_games_without_tags_have_zero_factors(tmp_path: Path) -> None:
    # Items 1 and 3 have tags, item 2 has none.
    facts = write_tags(
        tmp_path / "tags",
        TagSettings(dimension=2),
        items=np.array([1, 1, 3]),
        tags=["co-op", "rpg", "rpg"],
        weights=np.array([1.0, 0.5, 1.0]),
        item_count=3,
    )
    assert facts["items_without_tags"] == 1
    assert json.loads((tmp_path / "tags" / "names.json").read_text()) == ["co-op", "rpg"]
    assert np.load(tmp_path / "tags" / "offsets.npy").tolist() == [0, 0, 2, 2, 3]
    factors = np.load(tmp_path / "tags" / "factors.npy")
    assert not factors[[0, 2]].any()
    assert factors[[1, 3]].any(axis=1).all()


def test_no_tags_at_all_is_no_error(tmp_path: Path) -> None:
    empty = np.zeros(0)
    facts = write_tags(
        tmp_path / "t",
        TagSettings(dimension=4),
        items=empty.astype(int),
        tags=[],
        weights=empty,
        item_count=2,
    )
    assert facts["items_without_tags"] == 2
    assert np.load(tmp_path / "t" / "factors.npy").shape == (3, 4)
