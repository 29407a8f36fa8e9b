"""The contract of every learnt model, and the one adapter that makes it a Scorer (see ``base``)."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srec.dataset.dataset import Dataset, Ints
from srec.models.base import ItemsBL, ScoresBV
from srec.models.losses import full_softmax, shared
from srec.settings import Settings


class Loss(NamedTuple):
    """A mean loss, and the number of targets it averages."""

    value: Tensor
    targets: int


class SessionModel(nn.Module, ABC):
    """A torch module that turns sessions into vectors, scored against the items' vectors.

    Attributes:
        settings_type: the class of its settings.
        paper_training: the training settings of its paper that differ from the loop's defaults.
        whole_sessions: whether it learns from whole sessions, each once an epoch with its last item as the
            target, instead of from every prefix of every session.
        by_item: the names of the parameters that have a row for each item, the padding's first.
        numbered: how the names of parameters begin whose rows are numbered anew with each dataset.
    """

    settings_type: ClassVar[type[Settings]]
    paper_training: ClassVar[dict[str, Any]] = {}
    whole_sessions: ClassVar[bool] = False
    by_item: ClassVar[tuple[str, ...]] = ("embedding.weight",)
    numbered: ClassVar[tuple[str, ...]] = ()

    @classmethod
    @abstractmethod
    def build(cls, dataset: Dataset, settings: Settings) -> Self:
        """A model of the dataset's size; its weights are not drawn yet."""

    @abstractmethod
    def initialise(self, seed: int) -> None:
        """Draw the initial weights."""

    def prepare(self, items: Ints, sessions: Ints) -> None:
        """Fill the buffers that are counted, not learnt, from the flat training sequences.

        Args:
            items: int [N], the flat training sequences.
            sessions: int [N], ascending: the session of each position.
        """

    @abstractmethod
    def item_table(self) -> Tensor:
        """table_VD [V + 1, D]: the vector of every item, row 0 the padding's."""

    @abstractmethod
    def encode(self, items_BL: Tensor, table_VD: Tensor) -> Tensor:
        """Session vectors [B, D] of padded items, given the items' vectors."""

    def forward(self, items_BL: Tensor) -> Tensor:
        """Session vectors [B, D]."""
        return self.encode(items_BL, self.item_table())

    def loss(self, items_BL: Tensor, targets_B: Tensor) -> Loss:
        """The mean cross-entropy of the targets (1..V) over all items, from logits."""
        read_VD, scored_VD = shared(self.item_table())
        return Loss(full_softmax(self.encode(items_BL, read_VD), scored_VD, targets_B), len(targets_B))


def next_item_loss(hidden_BLD: Tensor, scored_VD: Tensor, items_BL: Tensor, *, targets_B: Tensor) -> Loss:
    """The mean cross-entropy of every position's next item; the target follows the last position.

    Args:
        hidden_BLD: what each position asks for, knowing its own and the earlier items.
        scored_VD: the items' vectors to score against, as ``shared`` gives them.
        items_BL: the sessions.
        targets_B: what follows each.
    """
    real_BL = items_BL > 0
    next_BL = F.pad(items_BL[:, 1:], (0, 1))
    next_BL = torch.where(real_BL & (next_BL == 0), targets_B[:, None], next_BL)
    next_P = next_BL[real_BL]
    return Loss(full_softmax(hidden_BLD[real_BL], scored_VD, next_P), len(next_P))


def draw_uniform(model: nn.Module, dimension: int, seed: int) -> None:
    """Draw all weights from U(-1/sqrt(D), 1/sqrt(D)), as the code of SR-GNN and its successors does."""
    generator = torch.Generator().manual_seed(seed)
    bound = dimension**-0.5
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(-bound, bound, generator=generator)


def newest(vectors_BLD: Tensor, items_BL: Tensor) -> Tensor:
    """[B, D]: the vector at each session's newest position."""
    at_B11 = ((items_BL > 0).sum(1) - 1)[:, None, None]
    return vectors_BLD.gather(1, at_B11.expand(-1, 1, vectors_BLD.shape[2])).squeeze(1)


class TorchScorer:
    """A learnt model as a Scorer, in evaluation mode; the items' vectors are computed once."""

    def __init__(self, model: SessionModel) -> None:
        model.eval()
        self.model = model
        with torch.no_grad():
            self.table_VD = model.item_table().detach().contiguous()
            self.transposed_DV = self.table_VD[1:].T.contiguous()

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Logits of the items 1..V, float32 [B, V]."""
        with torch.no_grad():
            items = torch.from_numpy(np.ascontiguousarray(items_BL, np.int64)).to(self.table_VD.device)
            scores = self.model.encode(items, self.table_VD) @ self.transposed_DV
            scores_BV: ScoresBV = scores.cpu().numpy()
        return scores_BV
