"""Every counted model can be stored, exported and served, and answers as it did where it was counted."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from srec.artifacts import write_directory
from srec.dataset.dataset import Dataset
from srec.errors import ArtifactError, MissingLibrary, SettingsError
from srec.inference.answers import Filters, Request
from srec.inference.as_scorer import BundleScorer
from srec.inference.bundle import COUNTED, COUNTED_VERSION, KIND, Bundle
from srec.inference.export import export
from srec.inference.recommender import Recommender
from srec.models import MODELS, model_entry
from srec.models.base import Scorer
from srec.testing.toys import chains, write_dataset
from srec.training.run import train
from srec.training.runs import Run

ITEMS = 40
COUNTED_MODELS = [name for name, entry in MODELS.own.items() if not entry.learnt and name != "smart"]
LISTS = ([3], [7, 8], [5, 4, 5, 30], [1, 2, 3, 4, 5, 6, 7], [40, 1])
SETTINGS = {"item-knn": {"decay": 0.7}}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("whole")
    return write_dataset(folder / "dataset", chains(ITEMS, 120, seed=0, noise=False), ITEMS)


@pytest.fixture(scope="module", params=COUNTED_MODELS)
def made(
    request: pytest.FixtureRequest, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Bundle, Scorer]:
    """A run, its bundle, and the model where it is counted."""
    model: str = request.param
    folder = tmp_path_factory.mktemp(model)
    run = train(dataset, folder / "run", model, settings=SETTINGS.get(model))
    kind = model_entry(model).load()
    scorer = kind.fit(dataset, kind.settings_type(**SETTINGS.get(model, {})), "fit")
    return run, export(dataset, run, folder / "bundle"), scorer


def test_what_is_stored_scores_the_same_to_the_bit(
    made: tuple[Run, Bundle, Scorer], dataset: Dataset
) -> None:
    run, bundle, scorer = made
    served = BundleScorer(bundle, np.arange(ITEMS + 1) * 10)
    for liked in LISTS:
        wanted = scorer.score(np.array([liked]))
        assert np.array_equal(run.scorer(dataset).score(np.array([liked])), wanted)
        assert np.array_equal(served.score(np.array([liked])), wanted)


def test_what_is_served_is_the_order_of_the_scores(made: tuple[Run, Bundle, Scorer]) -> None:
    _, bundle, scorer = made
    recommender = Recommender(bundle)
    answers = recommender.answer([Request([10 * item for item in liked], k=ITEMS) for liked in LISTS])
    for liked, answer in zip(LISTS, answers, strict=True):
        known = list(dict.fromkeys(liked))
        scores_V = scorer.score(np.array([known]))[0]
        scores_V[np.array(known) - 1] = -np.inf
        order = [row for row in np.argsort(-scores_V, kind="stable") if np.isfinite(scores_V[row])]
        assert [game.app_id for game in answer.games] == [10 * (row + 1) for row in order]
        assert answer.scores == scores_V[order].tolist()
        assert answer.sum is None


def test_filters_and_what_is_not_wanted_apply_before_the_cut(made: tuple[Run, Bundle, Scorer]) -> None:
    run, bundle, _ = made
    recommender = Recommender(bundle)
    every = recommender.recommend([30], k=ITEMS)
    if run.model_name == "own-items":
        assert every.games == [], "it recommends what the list holds, and that is no answer"
        return
    first, second = (game.app_id for game in every.games[:2])
    less = recommender.recommend([30], k=ITEMS, disliked=[first], excluded=[second])
    assert [game.app_id for game in less.games] == [game.app_id for game in every.games[2:]]
    nothing = recommender.recommend([30], k=3, filters=Filters(must=("there is no such tag",)))
    assert nothing.games == []


def test_a_list_of_unknown_games_is_answered_with_popular_ones(made: tuple[Run, Bundle, Scorer]) -> None:
    _, bundle, _ = made
    assert Recommender(bundle).recommend([7], k=3).recommender == "popular"


def rewritten(bundle: Bundle, target: Path, **changed: np.ndarray | None) -> Path:
    """A copy with other arrays and whole checksums; None stands for one that is left out."""
    with write_directory(target, KIND, COUNTED_VERSION, inputs={}, parameters={}) as draft:
        for file in bundle.path.iterdir():
            if file.name != "manifest.json":
                (shutil.copytree if file.is_dir() else shutil.copy)(file, draft.path / file.name)
        for name, array in changed.items():
            if array is None:
                (draft.path / COUNTED / f"{name}.npy").unlink()
            else:
                np.save(draft.path / COUNTED / f"{name}.npy", array)
    return target


def test_arrays_that_do_not_fit_are_refused_in_one_line(
    made: tuple[Run, Bundle, Scorer], tmp_path: Path
) -> None:
    _, bundle, _ = made
    files = sorted((bundle.path / COUNTED).iterdir())
    wrong = [
        lambda array: None,
        lambda array: array[:-1],
        lambda array: array.reshape(-1, 1, 1),
        lambda array: array.astype(np.complex64),
        lambda array: (array + 1_000_000_000).astype(np.int64),
        lambda array: np.full(array.shape, np.nan, np.float32),
    ]
    assert Bundle(rewritten(bundle, tmp_path / "same")).counted
    for file in files:
        array = np.load(file)
        for at, change in enumerate(wrong):
            changed = change(array)
            if changed is not None and np.array_equal(changed, array):
                continue
            target = rewritten(bundle, tmp_path / f"{file.stem} {at}", **{file.stem: changed})
            with pytest.raises(ArtifactError) as caught:
                Bundle(target)
            assert "\n" not in str(caught.value)


def test_a_blend_that_names_no_model_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    bundle = export(dataset, train(dataset, tmp_path / "run", "markov"), tmp_path / "bundle")
    other = rewritten(bundle, tmp_path / "other", nonsense=np.zeros(3))
    config = (other / "config.json").read_text(encoding="utf-8")
    for model in ("blend", "sasrec", "no such model"):
        target = tmp_path / model
        with write_directory(target, KIND, COUNTED_VERSION, inputs={}, parameters={}) as draft:
            shutil.copytree(other, draft.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("manifest*"))
            (draft.path / "config.json").write_text(config.replace("markov", model), encoding="utf-8")
        with pytest.raises(ArtifactError, match="does not fit together"):
            Bundle(target)


def test_a_server_without_scipy_says_what_is_missing(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = export(dataset, train(dataset, tmp_path / "run", "markov"), tmp_path / "bundle")
    monkeypatch.delitem(sys.modules, "srec.models.markov")
    monkeypatch.setitem(sys.modules, "srec.models.rows", None)
    with pytest.raises(MissingLibrary, match=r"srec\[counted\]"):
        Bundle(bundle.path)


def test_a_model_of_another_package_that_has_no_arrays_is_refused(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("srec.models.own_items.OwnItems.restore")
    with pytest.raises(SettingsError, match="cannot be stored"):
        train(dataset, tmp_path / "run", "own-items")
    assert not (tmp_path / "run").exists()
