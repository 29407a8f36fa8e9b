"""BERT4Rec: Sequential Recommendation with Bidirectional Encoder Representations (Sun et al., CIKM 2019).

Notable: a Transformer that sees both ways learns to fill masked positions (cloze). To recommend, it appends
a mask to the session and fills it. As in the authors' data, one session in eleven has only its last item
masked, which is the question that a visitor asks later. Items have a bias: it is the last column of their
vectors, and the session's vector has a 1 there.

Shapes: B sessions, L positions, M masked positions, D dimension, V items.
"""

from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from srec.dataset.dataset import Dataset
from srec.models.losses import full_softmax, shared
from srec.models.session_model import Loss, SessionModel
from srec.models.transformer import TransformerLayer, draw_normal
from srec.settings import Settings, Space, Span

POSITIONS = 201
LAST_ONLY = 1 / 11


class BERT4RecSettings(Settings):
    """The paper's size (section 4.4)."""

    section: ClassVar[str] = "bert4rec"
    space: ClassVar[Space] = {
        "dimension": (32, 64, 128),
        "dropout": Span(0.0, 0.5),
        "masked": Span(0.1, 0.6),
        "training.learning_rate": Span(3e-4, 3e-3, log=True),
    }
    dimension: int = Field(64, ge=1, description="D")
    layers: int = Field(2, ge=1, description="blocks of attention")
    heads: int = Field(2, ge=1, description="heads of each attention; must divide D")
    dropout: float = Field(0.1, ge=0, lt=1, description="on the embedding, the attention and the network")
    masked: float = Field(
        0.2, gt=0, lt=1, description="share of items that are masked; the paper has 0.4 on Steam"
    )


class BERT4Rec(SessionModel):
    """A Transformer trained to fill in masked items of whole sessions.

    Args:
        settings: size, dropout, share of masks.
        item_count: V.
    """

    settings_type: ClassVar[type[Settings]] = BERT4RecSettings
    by_item: ClassVar[tuple[str, ...]] = ("embedding.weight", "item_bias")
    # The paper's rate of 0.0001 is for 400,000 steps; ten times that rate needs far fewer, so a laptop is
    # enough. The paper's weight decay, which was decoupled from Adam, is left out.
    paper_training: ClassVar[dict[str, Any]] = {
        "batch_size": 256,
        "weight_decay": 0.0,
        "decay_factor": 1.0,
        "epochs": 100,
        "patience": 5,
    }
    whole_sessions: ClassVar[bool] = True

    def __init__(self, settings: BERT4RecSettings, item_count: int) -> None:
        super().__init__()
        self.settings, dimension = settings, settings.dimension
        self.embedding = nn.Embedding(item_count + 1, dimension)
        self.item_bias = nn.Parameter(torch.empty(item_count + 1))
        self.mask = nn.Parameter(torch.empty(1, dimension))
        self.positions = nn.Embedding(POSITIONS, dimension)
        self.norm_input = nn.LayerNorm(dimension)
        self.layers = nn.ModuleList(
            TransformerLayer(
                dimension, settings.heads, inner=4 * dimension, dropout=settings.dropout, before=False
            )
            for _ in range(settings.layers)
        )
        self.output = nn.Linear(dimension, dimension)
        self.norm_output = nn.LayerNorm(dimension)

    @classmethod
    def build(cls, dataset: Dataset, settings: Settings) -> Self:
        """A model of the dataset's size."""
        assert isinstance(settings, BERT4RecSettings)
        return cls(settings, dataset.item_count)

    def initialise(self, seed: int) -> None:
        """Draw all weights."""
        draw_normal(self, seed)

    def item_table(self) -> Tensor:
        """table_VD [V + 1, D + 1]: the vectors, then the bias."""
        return torch.cat((self.embedding.weight, self.item_bias[:, None]), 1)

    def encode(self, items_BL: Tensor, table_VD: Tensor) -> Tensor:
        """Session vectors [B, D + 1]: the answer at a mask after the newest item."""
        lengths_B1 = (items_BL > 0).sum(1, keepdim=True)
        places_L = torch.arange(items_BL.shape[1] + 1, device=items_BL.device)
        hidden_BLD = self._positions(
            F.pad(items_BL, (0, 1)), places_L == lengths_B1, places_L <= lengths_B1, table_VD
        )
        at_B1D = lengths_B1[:, :, None].expand(-1, 1, hidden_BLD.shape[2])
        return self._answer(hidden_BLD.gather(1, at_B1D).squeeze(1))

    def loss(self, items_BL: Tensor, targets_B: Tensor) -> Loss:
        """The mean cross-entropy of the items behind the masks, drawn anew each time."""
        read_VD, scored_VD = shared(self.item_table())
        lengths_B1 = (items_BL > 0).sum(1, keepdim=True)
        places_L = torch.arange(items_BL.shape[1] + 1, device=items_BL.device)
        last_BL, real_BL = places_L == lengths_B1, places_L <= lengths_B1
        whole_BL = torch.where(last_BL, targets_B[:, None], F.pad(items_BL, (0, 1)))
        draws_BL = torch.rand(whole_BL.shape, device=items_BL.device).masked_fill(~real_BL, 2.0)
        # The lowest draw is always masked, so that each session has at least one mask.
        masked_BL = (draws_BL < self.settings.masked) | (draws_BL == draws_BL.amin(1, keepdim=True))
        only_last_B1 = torch.rand(lengths_B1.shape, device=items_BL.device) < LAST_ONLY
        masked_BL = torch.where(only_last_B1, last_BL, masked_BL)
        hidden_BLD = self._positions(whole_BL, masked_BL, real_BL, read_VD)
        behind_M = whole_BL[masked_BL]
        return Loss(full_softmax(self._answer(hidden_BLD[masked_BL]), scored_VD, behind_M), len(behind_M))

    def _positions(self, items_BL: Tensor, masked_BL: Tensor, real_BL: Tensor, table_VD: Tensor) -> Tensor:
        """[B, L, D]: each position's vector, computed from all items that are not masked or padding."""
        settings = self.settings
        read_BLD = F.embedding(items_BL, table_VD, sparse=self.training)[:, :, : settings.dimension]
        hidden_BLD = torch.where(masked_BL[:, :, None], self.mask, read_BLD)
        # Positions count from the newest, as with the authors' padding on the left: the first ones are always
        # trained.
        places_L = torch.arange(items_BL.shape[1], device=items_BL.device)
        from_newest_BL = real_BL.sum(1, keepdim=True) - 1 - places_L
        hidden_BLD = hidden_BLD + self.positions(from_newest_BL.clamp(min=0))
        hidden_BLD = F.dropout(self.norm_input(hidden_BLD), settings.dropout, self.training)
        sees_BLL = real_BL[:, None, :].expand(-1, items_BL.shape[1], -1)
        for layer in self.layers:
            hidden_BLD = layer(hidden_BLD, sees_BLL)
        return hidden_BLD

    def _answer(self, hidden_MD: Tensor) -> Tensor:
        """[M, D + 1], to be compared with the items' vectors (equation 7)."""
        answered = self.norm_output(F.gelu(self.output(hidden_MD)))
        return F.pad(answered, (0, 1), value=1.0)
