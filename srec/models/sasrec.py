"""SASRec: Self-Attentive Sequential Recommendation (Kang & McAuley, ICDM 2018).

Notable: a causal Transformer, so that one pass over a session asks for the next item at every position. The
loss is the full softmax, not the paper's one negative for each positive: SASRec loses to BERT4Rec because of
the sampling (Klenitskiy & Vasilev, "Turning dross into gold loss", RecSys 2023).

Shapes: B sessions, L positions, P positions without padding, D dimension, V items.
"""

from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from srec.dataset.dataset import Dataset
from srec.models.losses import shared
from srec.models.session_model import Loss, SessionModel, newest, next_item_loss
from srec.models.transformer import TransformerLayer, draw_normal
from srec.settings import Settings, Space, Span

POSITIONS = 200


class SASRecSettings(Settings):
    """The paper's size and dropout for sparse data (section IV-C)."""

    section: ClassVar[str] = "sasrec"
    space: ClassVar[Space] = {
        "dimension": (32, 50, 64, 100, 128),
        "layers": (1, 2, 3),
        "dropout": Span(0.1, 0.6),
        "training.learning_rate": Span(3e-4, 3e-3, log=True),
    }
    dimension: int = Field(50, ge=1, description="D")
    layers: int = Field(2, ge=1, description="blocks of attention")
    heads: int = Field(1, ge=1, description="heads of each attention; must divide D")
    dropout: float = Field(0.5, ge=0, lt=1, description="on the embedding, the attention and the network")


class SASRec(SessionModel):
    """A causal Transformer trained on whole sessions.

    Args:
        settings: size and dropout.
        item_count: V.
    """

    settings_type: ClassVar[type[Settings]] = SASRecSettings
    paper_training: ClassVar[dict[str, Any]] = {
        "batch_size": 128,
        "weight_decay": 0.0,
        "decay_factor": 1.0,
        "epochs": 100,
    }
    whole_sessions: ClassVar[bool] = True

    def __init__(self, settings: SASRecSettings, item_count: int) -> None:
        super().__init__()
        self.settings, dimension = settings, settings.dimension
        self.embedding = nn.Embedding(item_count + 1, dimension)
        self.positions = nn.Embedding(POSITIONS, dimension)
        self.layers = nn.ModuleList(
            TransformerLayer(
                dimension, settings.heads, inner=dimension, dropout=settings.dropout, before=True
            )
            for _ in range(settings.layers)
        )
        self.norm = nn.LayerNorm(dimension)

    @classmethod
    def build(cls, dataset: Dataset, settings: Settings) -> Self:
        """A model of the dataset's size."""
        assert isinstance(settings, SASRecSettings)
        return cls(settings, dataset.item_count)

    def initialise(self, seed: int) -> None:
        """Draw all weights."""
        draw_normal(self, seed)

    def item_table(self) -> Tensor:
        """table_VD [V + 1, D]."""
        return self.embedding.weight

    def encode(self, items_BL: Tensor, table_VD: Tensor) -> Tensor:
        """Session vectors [B, D]: those at the newest positions."""
        return newest(self._positions(items_BL, table_VD), items_BL)

    def loss(self, items_BL: Tensor, targets_B: Tensor) -> Loss:
        """The mean cross-entropy of every position's next item; the target follows the last position."""
        read_VD, scored_VD = shared(self.item_table())
        return next_item_loss(self._positions(items_BL, read_VD), scored_VD, items_BL, targets_B=targets_B)

    def _positions(self, items_BL: Tensor, table_VD: Tensor) -> Tensor:
        """[B, L, D]: each position's vector, computed from its own item and the earlier ones."""
        settings, length = self.settings, items_BL.shape[1]
        places_L = torch.arange(length, device=items_BL.device)
        hidden_BLD = F.embedding(items_BL, table_VD, sparse=self.training) * settings.dimension**0.5
        # Positions count from the newest, as with the authors' padding on the left: the first ones are always
        # trained.
        from_newest_BL = (items_BL > 0).sum(1, keepdim=True) - 1 - places_L
        hidden_BLD = hidden_BLD + self.positions(from_newest_BL.clamp(min=0))
        hidden_BLD = F.dropout(hidden_BLD, settings.dropout, self.training)
        # Padding is on the right, so no earlier position sees it.
        sees_1LL = (places_L[:, None] >= places_L)[None]
        for layer in self.layers:
            hidden_BLD = layer(hidden_BLD, sees_1LL)
        normed_BLD: Tensor = self.norm(hidden_BLD)
        return normed_BLD
