"""An error is one line, whatever a library says."""

import pytest

from srec.errors import MissingLibrary, SRecError, first_line, naming_the_extra


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("one", "one"),
        ("one\ntwo", "one"),
        ("\n  one\r\ntwo\n", "one"),
        ("", "KeyError"),
        (" \n ", "KeyError"),
    ],
)
def test_the_first_line_that_says_anything_or_else_the_kind_of_the_error(said: str, line: str) -> None:
    assert first_line(KeyError(), said) == line


def test_an_error_that_is_given_alone_speaks_for_itself() -> None:
    assert first_line(ValueError("too many\nnumbers")) == "too many"
    assert first_line(MemoryError()) == "MemoryError"


def test_a_module_of_python_itself_is_no_extra() -> None:
    lacks = "Python's module resource, which this system lacks"
    with pytest.raises(SRecError, match=lacks) as own, naming_the_extra():
        raise ModuleNotFoundError(name="resource")
    assert not isinstance(own.value, MissingLibrary)
    with pytest.raises(MissingLibrary, match=r"needs torch: .*srec\[train\]"), naming_the_extra():
        raise ModuleNotFoundError(name="torch")
