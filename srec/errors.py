"""The errors that a person can fix: the CLI prints them as one line, without a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class SRecError(Exception):
    """Something is wrong with the input; the message says what to change."""


class SourceError(SRecError):
    """A data source is not what it claims to be; the store is unchanged."""


class ArtifactError(SRecError):
    """A directory is missing, incomplete, damaged or of another format version."""


class SettingsError(SRecError):
    """A recipe or an override has an unknown key or a value of the wrong kind."""


class TrainingError(SRecError):
    """Training cannot go on; the message names the step."""


class MissingLibrary(SRecError):  # noqa: N818 -- it names what is missing
    """A library that only some parts need is not installed.

    Args:
        library: the module that cannot be imported.
        extra: SRec's extra that includes it.
    """

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"this needs {library}: install the extra, pip install 'srec[{extra}]'")


@contextmanager
def naming_the_extra() -> Iterator[None]:
    """Where a library is missing, say which extra brings it; also a decorator.

    Raises:
        MissingLibrary: a library of the extra ``train`` is not installed.
        SRecError: this system's Python lacks a module of its own.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "srec":
            raise
        if error.name.partition(".")[0] in sys.stdlib_module_names:
            raise SRecError(
                f"this needs Python's module {error.name}, which this system lacks: use Linux or macOS"
            ) from None
        raise MissingLibrary(error.name, "train") from None


def first_line(error: BaseException, said: str | None = None) -> str:
    """The first line of a library's error, for a one-line message.

    Args:
        error: the error; the name of its class is the answer if there is no text.
        said: the text to take the line from; None means the error's own.
    """
    lines = (str(error) if said is None else said).strip().splitlines()
    return lines[0] if lines else type(error).__name__
