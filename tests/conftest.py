"""Fixtures shared by all tests."""

from pathlib import Path

import pytest
import torch

# The tests' computations are small: more threads would only wait for each other, above all on a busy machine.
torch.set_num_threads(1)

SHARED = Path(__file__).parents[1].parent / "shared"


#: Files of few and long tests. Begun last, one of them would keep a worker waiting for the other.
LONG = {
    "test_bench_preparation",
    "test_crawl_faults",
    "test_formats",
    "test_kills",
    "test_pipeline",
    "test_spark",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONG)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data, kept beside the repository."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the real data is not here: ../shared/data is absent")
    return SHARED / "data"


@pytest.fixture(scope="session")
def shared_golden() -> Path:
    """Outputs of the GCE-GNN authors' own code, kept beside the repository."""
    if not (SHARED / "golden").is_dir():
        pytest.skip("the golden files are not here: ../shared/golden is absent")
    return SHARED / "golden"
