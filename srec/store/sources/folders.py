"""The files of a table that is a folder or a pattern, as Spark, Hive and Dask write them."""

import glob
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from srec.errors import SourceError

_NOTHING = "__HIVE_DEFAULT_PARTITION__"
_ASIDE = (".crc", ".md", ".txt~", ".lock")


def files_of(path: Path) -> list[tuple[Path, Mapping[str, str | None]]]:
    """The files with the values that their folders' names give them, such as ``app_id=620``.

    What begins with "_" or "." is no data, such as "_SUCCESS".

    Args:
        path: a file, a folder with files at any depth, or a pattern such as ``reviews-*.csv``.

    Raises:
        SourceError: there are none.
    """
    if path.is_dir():
        found = sorted(
            file for file in path.rglob("*") if file.is_file() and _is_data(file.relative_to(path))
        )
        if not found:
            raise SourceError(f"{path} has no files in it")
        return [(file, _partition(file.relative_to(path))) for file in found]
    if not path.exists() and glob.has_magic(str(path)):
        matched = [Path(file) for file in sorted(glob.glob(str(path), recursive=True))]
        if not matched:
            raise SourceError(f"no file matches {path}")
        return [one for file in matched for one in files_of(file)]
    return [(path, {})]


def _is_data(file: Path) -> bool:
    return not any(part.startswith(("_", ".")) for part in file.parts) and file.suffix not in _ASIDE


def _partition(file: Path) -> dict[str, str | None]:
    pairs = (part.partition("=") for part in file.parts[:-1])
    return {
        key: None if value == _NOTHING else unquote(value) for key, equals, value in pairs if equals and key
    }
