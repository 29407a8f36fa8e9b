"""NARM: Neural Attentive Session-based Recommendation (Li et al., CIKM 2017).

Notable: a GRU reads the session. Its last state summarises the sequence (global encoder), and an attention
over all its states finds the purpose (local encoder). A bilinear form compares both with the items.

Shapes: B sessions, L positions, D dimension of an item, H of a state, V items.
"""

from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from srec.dataset.dataset import Dataset
from srec.models.session_model import SessionModel, draw_uniform, newest
from srec.settings import Settings, Space, Span


class NARMSettings(Settings):
    """The paper's sizes and dropouts (section 4.4)."""

    section: ClassVar[str] = "narm"
    space: ClassVar[Space] = {
        "dimension": (50, 100),
        "hidden": (50, 100, 200),
        "dropout_items": Span(0.0, 0.6),
        "dropout_session": Span(0.0, 0.6),
        "training.learning_rate": Span(3e-4, 3e-3, log=True),
    }
    dimension: int = Field(50, ge=1, description="D, the size of an item's vector")
    hidden: int = Field(100, ge=1, description="H, the size of the GRU's state")
    dropout_items: float = Field(0.25, ge=0, lt=1, description="on the items' vectors")
    dropout_session: float = Field(0.5, ge=0, lt=1, description="on the session's vector")


class NARM(SessionModel):
    """A GRU with attention.

    Args:
        settings: sizes and dropouts.
        item_count: V.
    """

    settings_type: ClassVar[type[Settings]] = NARMSettings
    paper_training: ClassVar[dict[str, Any]] = {"batch_size": 512, "weight_decay": 0.0, "decay_factor": 1.0}

    def __init__(self, settings: NARMSettings, item_count: int) -> None:
        super().__init__()
        self.settings = settings
        self.embedding = nn.Embedding(item_count + 1, settings.dimension)
        self.encoder = nn.GRU(settings.dimension, settings.hidden, batch_first=True)
        self.query = nn.Linear(settings.hidden, settings.hidden, bias=False)
        self.key = nn.Linear(settings.hidden, settings.hidden, bias=False)
        self.energy = nn.Linear(settings.hidden, 1, bias=False)
        self.bilinear = nn.Linear(2 * settings.hidden, settings.dimension, bias=False)

    @classmethod
    def build(cls, dataset: Dataset, settings: Settings) -> Self:
        """A model of the dataset's size."""
        assert isinstance(settings, NARMSettings)
        return cls(settings, dataset.item_count)

    def initialise(self, seed: int) -> None:
        """Draw all weights."""
        draw_uniform(self, self.settings.hidden, seed)

    def item_table(self) -> Tensor:
        """table_VD [V + 1, D]."""
        return self.embedding.weight

    def encode(self, items_BL: Tensor, table_VD: Tensor) -> Tensor:
        """Session vectors [B, D] (equations 6-9 and 12)."""
        settings = self.settings
        read_BLD = F.embedding(items_BL, table_VD, sparse=self.training)
        read_BLD = F.dropout(read_BLD, settings.dropout_items, self.training)
        # Padding is on the right, so no earlier state sees it.
        states_BLH, _ = self.encoder(read_BLD)
        last_BH = newest(states_BLH, items_BL)
        shares_BL1 = self.energy(torch.sigmoid(self.query(last_BH)[:, None] + self.key(states_BLH)))
        local_BH = (shares_BL1 * (items_BL > 0)[:, :, None] * states_BLH).sum(1)
        both = F.dropout(torch.cat((last_BH, local_BH), -1), settings.dropout_session, self.training)
        session_BD: Tensor = self.bilinear(both)
        return session_BD
