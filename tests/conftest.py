"""Fixtures shared by all tests."""

import gc
import os
from pathlib import Path

# The tests' computations are small: more threads would only wait for each other, above all on a busy machine.
# The processes that tests start inherit it.
os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1"}

import pytest
import torch

torch.set_num_threads(1)

SHARED = Path(__file__).parents[1].parent / "shared"


#: Files of few and long tests. Begun last, one of them would keep a worker waiting for the other.
LONG = {
    "test_crawl_faults",
    "test_formats",
    "test_kills",
    "test_pipeline",
    "test_spark",
}


def pytest_xdist_auto_num_workers() -> int:
    """Three workers for two cores: tests wait for servers, databases and processes that they start."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + (cores + 1) // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONG)


def pytest_collection_finish() -> None:
    """What the libraries made at import stays: Python need not look through it again and again."""
    gc.freeze()


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
