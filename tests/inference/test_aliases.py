from pathlib import Path

import pytest

from srec.errors import SRecError
from srec.inference.aliases import TABLE, read_aliases


def test_an_owners_table_adds_to_the_one_that_is_always_read(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("# mine\n\nCoal\tanthracite, black gold\nEmber*\temb\n-\tGloom\n", encoding="utf-8")
    always, both = read_aliases(), read_aliases([own])
    assert ("Garry's Mod", "gmod") in always.names
    assert both.names[len(always.names) :] == [("Coal", "anthracite"), ("Coal", "black gold")]
    assert both.series[-1] == ("Ember", "emb")
    assert both.absent[-1] == "Gloom"


@pytest.mark.parametrize("line", ["Coal", "Coal\t", "\tanthracite", "Coal anthracite"])
def test_a_line_that_says_nothing_is_named(tmp_path: Path, line: str) -> None:
    own = tmp_path / "own.tsv"
    own.write_text(f"Ember\temb\n{line}\n", encoding="utf-8")
    with pytest.raises(SRecError, match="line 2: write a name, a tab, and other names"):
        read_aliases([own])


def test_a_table_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SRecError, match="cannot be read as a table"):
        read_aliases([tmp_path / "none.tsv"])


def test_the_table_names_each_pair_once() -> None:
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines
    read = read_aliases()
    for pairs in (read.names, read.series, [("-", one) for one in read.absent]):
        assert len(set(pairs)) == len(pairs)
