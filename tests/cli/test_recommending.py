"""The command line names games by name, and a minus before one is a dislike."""

from pathlib import Path

import pytest
from bundles import write_toy_sum
from typer.testing import CliRunner

from srec.cli import app
from srec.errors import SRecError
from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_sum(tmp_path_factory.mktemp("cli") / "toy", simulated=False)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["recommend", *arguments], env={"COLUMNS": "200"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_names_ids_and_dislikes_are_understood(bundle: Path) -> None:
    shown = run(
        str(bundle), "Amber Harbor", "20", "-Jade Wolves", "--exclude", "crystal harbor", "--top", "3"
    )
    wanted = Recommender(Bundle(bundle)).recommend([10, 20], k=3, disliked=[1000], excluded=[30])
    places = [shown.index(game.name) for game in wanted.games]
    assert places == sorted(places)
    assert shown.count("Jade Wolves -") + shown.count("Jade Wolves +") >= 1


def test_an_unknown_name_and_an_unknown_option_are_told(bundle: Path) -> None:
    with pytest.raises(SRecError, match="there is no game 'Valorant' here"):
        run(str(bundle), "Valorant")
    with pytest.raises(SRecError, match="there is no option --liked"):
        run(str(bundle), "--liked", "Amber Harbor")
