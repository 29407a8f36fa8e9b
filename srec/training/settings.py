"""What the training loop can be told, and what it is told for each model."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from srec.settings import Recipe, Settings, settings_of

Metric = Literal["HR@5", "HR@10", "HR@20", "MRR@5", "MRR@10", "MRR@20", "NDCG@5", "NDCG@10", "NDCG@20"]


class TrainingSettings(Settings):
    """Adam as the GCE-GNN paper has it, stopped by the validation window."""

    section: ClassVar[str] = "training"
    batch_size: int = Field(100, ge=1, description="examples a step")
    length_chunk: int = Field(
        64, ge=1, description="batches sorted by length together, against padding; 1: in random order"
    )
    epochs: int = Field(30, ge=1, description="the most epochs")
    learning_rate: float = Field(1e-3, gt=0, description="of Adam")
    weight_decay: float = Field(1e-5, ge=0, description="Adam's coupled L2 penalty")
    decay_every: int = Field(3, ge=1, description="epochs between two drops of the learning rate")
    decay_factor: float = Field(0.1, gt=0, le=1, description="what a drop multiplies it by")
    metric: Metric = Field("MRR@20", description="the validation metric that chooses the epoch")
    patience: int = Field(
        3, ge=1, description="epochs without a metric better by a thousandth before it stops"
    )
    half_life_days: float | None = Field(
        None, gt=0, description="examples this much older than the newest are drawn half as often"
    )
    refit: bool = Field(
        True, description="then train anew on training and validation together, for the chosen epochs"
    )
    max_length: int = Field(50, ge=1, le=200, description="the newest items of a session that are input")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="of the encoder's products while training; the loss stays in float32"
    )
    seed: int = Field(0, ge=0, description="of weights, order and dropout")
    checkpoint_seconds: float = Field(30, ge=0, description="at most this much work is lost by a kill")


def training_of(
    kind: Any, changes: Recipe | Mapping[str, Any] | None = None, **defaults: Any
) -> TrainingSettings:
    """How a model is trained: the defaults, over them what its paper says, over that what somebody sets.

    Args:
        kind: the class of a learnt model; its ``paper_training`` is what its paper says.
        changes: the settings that differ, as a recipe or by their keys; none where None.
        defaults: where the caller's defaults differ from those of the fields.

    Raises:
        SettingsError: a key is unknown or a value does not fit.
    """
    paper = TrainingSettings(**defaults | getattr(kind, "paper_training", {}))
    if isinstance(changes, Recipe):
        return changes.changed(paper)
    return settings_of(TrainingSettings, paper.model_dump() | dict(changes or {}))
