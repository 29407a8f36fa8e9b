"""All commands from simulation to answers, on a world with structure and on one without."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from srec.cli import app
from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender

STRUCTURE, NOISE = 0.0, 1.0
STEPS = ("world", "store.duckdb", "dataset", "gce-gnn", "report", "bundle")


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def run(*words: object) -> str:
    done = call(*words)
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.output


def pipeline(folder: Path, noise: float, reviews: int) -> None:
    recipe = folder / "recipe.toml"
    folder.mkdir(exist_ok=True)
    recipe.write_text(
        f"""
        [simulate]
        reviews = {reviews}
        noise = {noise}
        [prepare]
        test_days = 250
        valid_days = 200
        [tags]
        dimension = 16
        [gce-gnn]
        dimension = 16
        [training]
        batch_size = 128
        learning_rate = 0.004
        epochs = 4
        decay_every = 4
        """,
        encoding="utf-8",
    )
    world, store, dataset, trained, report, bundle = (folder / name for name in STEPS)
    run("simulate", world, "--recipe", recipe)
    run("ingest", store, world, "--source", "simulated")
    run("prepare", store, dataset, "--recipe", recipe)
    run("train", dataset, trained, "--model", "gce-gnn", "--recipe", recipe)
    run("evaluate", dataset, report, "--run", trained, "--recipe", recipe)
    if noise == STRUCTURE:  # nobody asks a model of noise, and an export takes seconds
        run("export", dataset, trained, bundle)


@pytest.fixture(scope="module")
def structured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipeline") / "structured"
    pipeline(folder, STRUCTURE, reviews=50_000)
    return folder


def report(folder: Path) -> Any:
    return json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))


def test_it_learns_what_there_is_to_learn(structured: Path) -> None:
    result = report(structured)
    assert result["dataset"]["simulated"] is True
    for baseline in ("popularity", "popularity-recent"):
        differences = result["models"]["gce-gnn"]["differences"][baseline]
        assert {differences[metric]["verdict"] for metric in ("HR@10", "MRR@10")} == {"better"}
    # 10 of the games at random would find the target this often.
    chance = 10 / result["dataset"]["statistics"]["items"]
    assert result["models"]["tags"]["metrics"]["HR@10"]["low"] > 2 * chance


def test_in_noise_it_finds_nothing_but_popularity(tmp_path: Path) -> None:
    pipeline(tmp_path / "noise", NOISE, reviews=12_000)
    result = report(tmp_path / "noise")
    differences = result["models"]["gce-gnn"]["differences"]["popularity"]
    assert {differences[metric]["verdict"] for metric in ("HR@10", "MRR@10")} <= {
        "worse",
        "no clear difference",
    }
    tags = result["models"]["tags"]["metrics"]["HR@10"]
    assert tags["high"] < result["models"]["popularity"]["metrics"]["HR@10"]["low"]


def test_a_second_time_nothing_is_made_again(structured: Path) -> None:
    files = [file for name in STEPS if name != "store.duckdb" for file in (structured / name).rglob("*")]
    before = {file: (file.stat().st_mtime_ns, file.stat().st_ino) for file in files}
    assert len(before) > 50
    pipeline(structured, STRUCTURE, reviews=50_000)
    assert {file: (file.stat().st_mtime_ns, file.stat().st_ino) for file in files} == before


def test_the_command_line_answers_as_the_recommender(structured: Path) -> None:
    bundle = Bundle(structured / "bundle")
    liked = bundle.app_ids[:2].tolist()
    for by in ("smart", "tags"):
        wanted = Recommender(bundle).recommend(liked, k=5, recommender=by)
        shown = run("recommend", structured / "bundle", *liked, "--top", 5, "--by", by)
        found = [int(app_id) for app_id in re.findall(r"│ \d+ +│ (\d{9}) +│", shown)]
        assert found == [game.app_id for game in wanted.games]


def test_the_default_recommender_goes_the_same_way(structured: Path, tmp_path: Path) -> None:
    trained, bundle = tmp_path / "smart", tmp_path / "bundle"
    said = run("train", structured / "dataset", trained)
    assert re.search(r"smart: popularity weight 0\.\d+, on the validation window", said)
    run("export", structured / "dataset", trained, bundle)
    run("verify", bundle)
    *liked, disliked, excluded = Bundle(bundle).app_ids[:5].tolist()
    wishes = {"disliked": [disliked], "excluded": [excluded], "popularity": 0.2}
    wanted = Recommender(bundle).recommend(liked, k=5, **wishes)
    words = ("--dislike", disliked, "--exclude", excluded, "--popularity", 0.2)
    shown = run("recommend", bundle, *liked, "--top", 5, *words)
    assert "because of" in shown
    assert [int(one) for one in re.findall(r"│ \d+ +│ (\d{9}) +│", shown)] == [
        game.app_id for game in wanted.games
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("prepare", "nowhere.duckdb", "dataset"), "nowhere.duckdb"),
        (("train", "nowhere", "run"), "nowhere is not a complete dataset directory"),
        (("evaluate", "nowhere", "report"), "nowhere is not a complete dataset directory"),
        (("export", "nowhere", "run", "bundle"), "nowhere is not a complete dataset directory"),
        (("recommend", "nowhere", "620"), "nowhere is not a complete bundle directory"),
        (("serve", "nowhere"), "nowhere is not a complete bundle directory"),
        (("ingest", "store.duckdb", "nowhere", "--source", "ucsd"), "nowhere"),
        (("ingest", "store.duckdb", "nowhere", "--source", "steam"), "the sources are ucsd, steam-api"),
        (("ingest", "store.duckdb", "x", "--source", "ucsd", "--query", "q"), "are for the source table"),
        (("ingest", "store.duckdb", "x", "--source", "table", "--query", "q"), "a table in PostgreSQL"),
        (("prepare", "store.duckdb", "dataset", "--scratch", "x"), "no use for a scratch folder (--scratch)"),
        (("simulate", "world", "--set", "simulate.revews=5"), "simulate"),
        (("simulate", "world", "--set", "simulat.reviews=5"), "there is no section"),
        (("simulate", "world", "--set", "reviews"), "section.key=value"),
        (("simulate", "world", "--recipe", "nowhere.toml"), "nowhere.toml"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, tuple) else "",
)
def test_a_mistake_is_one_clear_line(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call(*words)
    assert done.exit_code != 0
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_a_command_without_its_library_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['torch'] = None; sys.argv = ['srec', 'train', 'dataset', 'run'];"
        "from srec.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "srec: this needs torch: install the extra, pip install 'srec[train]'\n"
