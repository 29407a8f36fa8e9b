"""The settings of the training loop, and how each model's paper changes them."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from srec.settings import Recipe, Settings, settings_of

Metric = Literal["HR@5", "HR@10", "HR@20", "MRR@5", "MRR@10", "MRR@20", "NDCG@5", "NDCG@10", "NDCG@20"]


class TrainingSettings(Settings):
    """Adam as in the GCE-GNN paper, with early stopping on the validation window."""

    section: ClassVar[str] = "training"
    batch_size: int = Field(100, ge=1, description="examples in each step")
    length_chunk: int = Field(
        64, ge=1, description="batches that are sorted by length together, to save padding; 1: random order"
    )
    epochs: int = Field(30, ge=1, description="the most epochs")
    learning_rate: float = Field(1e-3, gt=0, description="Adam's learning rate")
    weight_decay: float = Field(1e-5, ge=0, description="Adam's coupled L2 penalty")
    decay_every: int = Field(3, ge=1, description="epochs between two drops of the learning rate")
    decay_factor: float = Field(0.1, gt=0, le=1, description="each drop multiplies the rate by this")
    metric: Metric = Field("MRR@20", description="the validation metric that chooses the epoch")
    patience: int = Field(
        3, ge=1, description="stop after this many epochs without a gain of a thousandth in the metric"
    )
    half_life_days: float | None = Field(
        None, gt=0, description="examples this many days older than the newest are drawn half as often"
    )
    refit: bool = Field(
        True, description="then train again on training and validation data, for the chosen number of epochs"
    )
    max_length: int = Field(50, ge=1, le=200, description="how many of a session's newest items are input")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="precision of the encoder's products in training; the loss stays in float32"
    )
    seed: int = Field(0, ge=0, description="seed of the weights, the order and the dropout")
    checkpoint_seconds: float = Field(30, ge=0, description="a kill loses at most this many seconds of work")


def training_of(
    kind: Any, changes: Recipe | Mapping[str, Any] | None = None, **defaults: Any
) -> TrainingSettings:
    """How a model is trained: the defaults, then its paper's settings, then the caller's changes.

    Args:
        kind: the class of a learnt model; its ``paper_training`` has the paper's settings.
        changes: the settings that differ, as a recipe or by key; None changes nothing.
        defaults: the caller's defaults that differ from those of the fields.

    Raises:
        SettingsError: a key is unknown or a value does not fit.
    """
    paper = TrainingSettings(**defaults | getattr(kind, "paper_training", {}))
    if isinstance(changes, Recipe):
        return changes.changed(paper)
    return settings_of(TrainingSettings, paper.model_dump() | dict(changes or {}))
