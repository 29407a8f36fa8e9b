"""What the plots use of matplotlib, imported so that it leaves nothing in the home folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

_FOLDER = "MPLCONFIGDIR"


@contextmanager
def _folder_of_its_own() -> Iterator[None]:
    """Matplotlib writes a list of all fonts as it is imported; nobody asked for that in the home folder."""
    if _FOLDER in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="srec-matplotlib-") as folder:
        os.environ[_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER]


with _folder_of_its_own():
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator

__all__ = ["Axes", "Figure", "FuncFormatter", "MaxNLocator", "rc_context"]
