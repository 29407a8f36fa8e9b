"""Checks of an experiment's settings: none is silently ignored."""

from collections.abc import Iterable, Sequence

from srec.errors import SettingsError
from srec.evaluation.settings import EvaluationSettings
from srec.models import MODELS
from srec.settings import Recipe
from srec.training.settings import TrainingSettings


def changed(changes: Sequence[str], models: Iterable[str]) -> Recipe:
    """The overrides of the training, the models and the evaluation's batch size; none is ignored.

    Raises:
        SettingsError: an override sets something that is not read here.
    """
    table = dict(MODELS.items())
    own = (table[name].load().settings_type.section for name in models)
    recipe = Recipe((TrainingSettings.section, EvaluationSettings.section, *own), overrides=changes)
    for ignored in recipe.get(EvaluationSettings).model_fields_set - {"batch_size"}:
        raise SettingsError(f"evaluation.{ignored} is for srec evaluate: the protocol decides it here")
    return recipe


def checked_seeds(count: int) -> range:
    """The seeds of this many runs: 0, 1, ...

    Raises:
        SettingsError: the count is below 1.
    """
    if count < 1:
        raise SettingsError(f"seeds is the number of runs, so it must be at least 1, not {count}")
    return range(count)
