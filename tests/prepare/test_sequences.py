"""The arrays of a dataset on their way to disk."""

import os
from pathlib import Path

import numpy as np
import pytest

from srec.prepare.sequences import _array


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system reserves no blocks")
def test_the_arrays_have_their_place_on_disk_before_they_are_written(tmp_path: Path) -> None:
    """A mapped file without it ends the process with SIGBUS where the disk is full."""
    mapped = _array(tmp_path / "items.npy", np.int32, 1_000_000)
    found = (tmp_path / "items.npy").stat()
    assert found.st_blocks * 512 >= found.st_size >= mapped.nbytes
