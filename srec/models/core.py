"""A set encoder after CORE (Hou et al., "CORE: Simple and effective session-based recommendation", 2022).

Notable, as in the paper: a session's vector is a weighted mean of its items' vectors (section 3.2), and
cosines are divided by a temperature (section 3.3). Unlike the paper's, the weights come from the item and how
many steps back it is; without ``recency`` a session is a set. A linear step is added to the mean, because a
mean alone cannot tell what follows an item from what precedes it. An item's vector is its tags' factors,
mapped, plus a learnt offset of bounded length, so that an item with few interactions stays near its tags.
Popularity is a term of its own with one learnt weight.

Shapes: B sessions, L positions, P positions without padding, D dimension, V items.
"""

from typing import Any, ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from srec.dataset.dataset import Dataset, Ints
from srec.models.losses import shared
from srec.models.session_model import Loss, SessionModel, newest, next_item_loss
from srec.models.transformer import draw_normal
from srec.settings import Settings, Space, Span

STEPS = 200


class CORESettings(Settings):
    """The size, the temperature, and what a session's weights know."""

    section: ClassVar[str] = "core"
    space: ClassVar[Space] = {
        "dimension": (32, 64, 100, 128),
        "temperature": Span(0.04, 0.2, log=True),
        "dropout": Span(0.0, 0.5),
        "bound": Span(0.5, 8.0, log=True),
        "training.learning_rate": Span(3e-4, 3e-3, log=True),
    }
    dimension: int = Field(64, ge=1, description="D")
    temperature: float = Field(0.07, gt=0, description="cosines are divided by this")
    dropout: float = Field(0.2, ge=0, lt=1, description="on the items' vectors of the input")
    bound: float = Field(
        1.0, gt=0, description="the longest offset of an item from its tags, whose length is 1"
    )
    recency: bool = Field(True, description="whether an item's weight depends on how many steps back it is")


class CORE(SessionModel):
    """A weighted mean of item vectors, trained on whole sessions.

    Args:
        settings: the size and the weights.
        item_count: V.
        factors: how many tag factors an item has; 0 without tags.
    """

    settings_type: ClassVar[type[Settings]] = CORESettings
    paper_training: ClassVar[dict[str, Any]] = {
        "batch_size": 128,
        "weight_decay": 0.0,
        "decay_factor": 1.0,
        "epochs": 100,
    }
    whole_sessions: ClassVar[bool] = True

    def __init__(self, settings: CORESettings, item_count: int, factors: int) -> None:
        super().__init__()
        self.settings, dimension = settings, settings.dimension
        self.embedding = nn.Embedding(item_count + 1, dimension)
        self.map = nn.Linear(factors, dimension, bias=False) if factors else None
        self.attention = nn.Linear(dimension, dimension)
        self.question = nn.Linear(dimension, 1, bias=False)
        self.steps = nn.Embedding(STEPS, 1)
        self.onward = nn.Linear(dimension, dimension, bias=False)
        self.popularity = nn.Parameter(torch.empty(1))
        self.register_buffer("popularity_V1", torch.zeros(item_count + 1, 1))
        self.register_buffer("tags_VF", torch.zeros(item_count + 1, factors) if factors else None)

    popularity_V1: Tensor
    tags_VF: Tensor | None

    @classmethod
    def build(cls, dataset: Dataset, settings: Settings) -> Self:
        """A model of the dataset's size, with its tags if it has any."""
        assert isinstance(settings, CORESettings)
        if not dataset.has_games:
            return cls(settings, dataset.item_count, 0)
        factors_VF = torch.from_numpy(dataset.tag_factors.copy())
        model = cls(settings, dataset.item_count, factors_VF.shape[1])
        model.tags_VF = factors_VF
        return model

    def initialise(self, seed: int) -> None:
        """Draw all weights; popularity begins at its own share of the data."""
        draw_normal(self, seed)
        with torch.no_grad():
            self.popularity.fill_(1.0)

    def prepare(self, items: Ints, sessions: Ints) -> None:
        """Count the items' log-popularity."""
        counts = np.bincount(items, minlength=len(self.popularity_V1))[: len(self.popularity_V1)]
        logs_V = np.log1p(counts).astype(np.float32)
        self.popularity_V1 = torch.from_numpy(logs_V[:, None])

    def item_table(self) -> Tensor:
        """table_VD [V + 1, D + 1]: vectors of length 1, then the log-popularity."""
        bound, vectors_VD = self.settings.bound, self.embedding.weight
        if self.map is not None and self.tags_VF is not None:
            longest_V1 = (vectors_VD.norm(dim=1, keepdim=True) / bound).clamp(min=1)
            vectors_VD = F.normalize(self.map(self.tags_VF), dim=1) + vectors_VD / longest_V1
        return torch.cat((F.normalize(vectors_VD, dim=1), self.popularity_V1), 1)

    def encode(self, items_BL: Tensor, table_VD: Tensor) -> Tensor:
        """Session vectors [B, D + 1]: those at the newest positions."""
        return newest(self._positions(items_BL, table_VD), items_BL)

    def loss(self, items_BL: Tensor, targets_B: Tensor) -> Loss:
        """The mean cross-entropy of every position's next item; the target follows the last position."""
        read_VD, scored_VD = shared(self.item_table())
        return next_item_loss(self._positions(items_BL, read_VD), scored_VD, items_BL, targets_B=targets_B)

    def _positions(self, items_BL: Tensor, table_VD: Tensor) -> Tensor:
        """[B, L, D + 1]: at each position what its own and the earlier items ask for, and how popular."""
        settings, length = self.settings, items_BL.shape[1]
        read_BLD = F.embedding(items_BL, table_VD, sparse=self.training)[:, :, : settings.dimension]
        said_BL = self.question(torch.tanh(self.attention(read_BLD))).squeeze(2)
        places_L = torch.arange(length, device=items_BL.device)
        back_LL = places_L[:, None] - places_L
        logits_BLL = said_BL[:, None, :]
        if settings.recency:
            logits_BLL = logits_BLL + self.steps(back_LL.clamp(min=0)).squeeze(2)
        logits_BLL = logits_BLL.expand(-1, length, -1).masked_fill(back_LL < 0, -torch.inf)
        # Padding is on the right, so no earlier position sees it.
        dropped_BLD = F.dropout(read_BLD, settings.dropout, self.training)
        mean_BLD = torch.softmax(logits_BLL, 2) @ dropped_BLD
        asked_BLD = F.normalize(mean_BLD + self.onward(mean_BLD), dim=2) / settings.temperature
        return torch.cat((asked_BLD, self.popularity.expand(*items_BL.shape, 1)), 2)
