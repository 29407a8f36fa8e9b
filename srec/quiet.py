"""Libraries that leave something behind: used so that nothing stays."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory


@contextmanager
def variables(**values: str) -> Iterator[None]:
    """Set environment variables for a while; those that a person has set stay as they are."""
    ours = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]


@contextmanager
def temporary_folder(variable: str) -> Iterator[None]:
    """A folder for what a library writes unasked, when it is imported or at work; it is removed afterwards.

    Args:
        variable: the environment variable by which the library finds its folder.
    """
    with TemporaryDirectory(prefix="srec-") as folder, variables(**{variable: folder}):
        yield
