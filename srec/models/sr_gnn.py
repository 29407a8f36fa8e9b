"""SR-GNN: Session-based Recommendation with Graph Neural Networks (Wu et al., AAAI 2019).

Notable: a session is a directed graph of its distinct items. A gated graph network passes messages along and
against its edges, averaged as in the authors' code (an edge counts once, even if it is walked several times).
The newest item queries a soft attention over all items.

Shapes: B sessions, L positions, D dimension, V items.
"""

from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from srec.dataset.dataset import Dataset
from srec.models.session_model import SessionModel, draw_uniform, newest
from srec.settings import Settings, Space, Span


class SRGNNSettings(Settings):
    """The paper's size (section 4.1.4) and the authors' one step."""

    section: ClassVar[str] = "sr-gnn"
    space: ClassVar[Space] = {
        "dimension": (50, 100, 128),
        "steps": (1, 2),
        "training.learning_rate": Span(3e-4, 3e-3, log=True),
        "training.weight_decay": Span(1e-6, 1e-4, log=True),
    }
    dimension: int = Field(100, ge=1, description="D")
    steps: int = Field(1, ge=1, description="how many times messages are passed")


class SRGNN(SessionModel):
    """A gated graph network with an attentive readout.

    Args:
        settings: its size.
        item_count: V.
    """

    settings_type: ClassVar[type[Settings]] = SRGNNSettings
    # The paper's settings are the defaults: batches of 100, and Adam at 0.001 with L2 1e-5, whose rate falls
    # to a tenth every third epoch.
    paper_training: ClassVar[dict[str, Any]] = {}

    def __init__(self, settings: SRGNNSettings, item_count: int) -> None:
        super().__init__()
        self.settings, dimension = settings, settings.dimension
        self.embedding = nn.Embedding(item_count + 1, dimension)
        self.incoming = nn.Linear(dimension, dimension)
        self.outgoing = nn.Linear(dimension, dimension)
        self.message_bias = nn.Parameter(torch.empty(2 * dimension))
        self.cell = nn.GRUCell(2 * dimension, dimension)
        self.query = nn.Linear(dimension, dimension)
        self.key = nn.Linear(dimension, dimension)
        self.energy = nn.Linear(dimension, 1, bias=False)
        self.merge = nn.Linear(2 * dimension, dimension)

    @classmethod
    def build(cls, dataset: Dataset, settings: Settings) -> Self:
        """A model of the dataset's size."""
        assert isinstance(settings, SRGNNSettings)
        return cls(settings, dataset.item_count)

    def initialise(self, seed: int) -> None:
        """Draw all weights."""
        draw_uniform(self, self.settings.dimension, seed)

    def item_table(self) -> Tensor:
        """table_VD [V + 1, D]."""
        return self.embedding.weight

    def encode(self, items_BL: Tensor, table_VD: Tensor) -> Tensor:
        """Session vectors [B, D] (equations 1-7)."""
        shares_in_BLL, shares_out_BLL = neighbour_shares(items_BL)
        hidden_BLD = F.embedding(items_BL, table_VD, sparse=self.training)
        flat = (-1, hidden_BLD.shape[2])
        for _ in range(self.settings.steps):
            messages = torch.cat(
                (shares_in_BLL @ self.incoming(hidden_BLD), shares_out_BLL @ self.outgoing(hidden_BLD)), -1
            )
            messages = (messages + self.message_bias).flatten(0, 1)
            hidden_BLD = self.cell(messages, hidden_BLD.reshape(flat)).reshape(hidden_BLD.shape)
        last_BD = newest(hidden_BLD, items_BL)
        gates_BL1 = self.energy(torch.sigmoid(self.query(last_BD)[:, None] + self.key(hidden_BLD)))
        all_BD = (gates_BL1 * (items_BL > 0)[:, :, None] * hidden_BLD).sum(1)
        session_BD: Tensor = self.merge(torch.cat((all_BD, last_BD), -1))
        return session_BD


def neighbour_shares(items_BL: Tensor) -> tuple[Tensor, Tensor]:
    """[B, L, L] twice: the share that each position takes from every other, along the edges and against.

    Repeated items are one node: all its positions take the same, and only its first position gives.
    """
    real_BL = items_BL > 0
    same = ((items_BL[:, :, None] == items_BL[:, None, :]) & real_BL[:, :, None]).to(torch.float32)
    positions_L = torch.arange(items_BL.shape[1], device=items_BL.device)
    gives_B1L = ((same.argmax(2) == positions_L) & real_BL)[:, None].to(torch.float32)
    # steps[p, j]: somewhere the item of j directly follows the item of p.
    steps_BLL = (same[:, :, :-1] @ same[:, 1:, :] > 0).to(torch.float32)

    def shares(edges_BLL: Tensor) -> Tensor:
        given_BLL = edges_BLL * gives_B1L
        return given_BLL / given_BLL.sum(2, keepdim=True).clamp(min=1)

    return shares(steps_BLL.transpose(1, 2)), shares(steps_BLL)
