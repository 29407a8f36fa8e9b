"""What is asked of an experiment, checked: nothing that is set is ignored."""

from collections.abc import Iterable, Sequence

from srec.errors import SettingsError
from srec.evaluation.settings import EvaluationSettings
from srec.models import model_entry
from srec.settings import Recipe
from srec.training.settings import TrainingSettings


def changed(changes: Sequence[str], models: Iterable[str]) -> Recipe:
    """What overrides change of the training, the models and the evaluation's batches; nothing is ignored.

    Raises:
        SettingsError: a change is of what is not read here.
    """
    own = (model_entry(name).load().settings_type.section for name in models)
    recipe = Recipe((TrainingSettings.section, EvaluationSettings.section, *own), overrides=changes)
    for ignored in recipe.get(EvaluationSettings).model_fields_set - {"batch_size"}:
        raise SettingsError(f"evaluation.{ignored} is for srec evaluate: here the protocol decides it")
    return recipe


def checked_seeds(count: int) -> range:
    """The seeds of so many runs: 0, 1, ...

    Raises:
        SettingsError: they are none.
    """
    if count < 1:
        raise SettingsError(f"seeds says how many runs there are, at least one: not {count}")
    return range(count)
