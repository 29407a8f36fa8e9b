"""The layer of a Transformer (Vaswani et al., 2017), as SASRec and BERT4Rec vary it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TransformerLayer(nn.Module):
    """Self-attention, then a network on each position; both with a residual and a norm.

    Args:
        dimension: D.
        heads: the number of attention heads; D is divided among them.
        inner: the width of the network on each position.
        dropout: on the output of both parts, and on the attention's shares.
        before: whether the norms come before the parts (SASRec, with ReLU) or after (BERT4Rec, with GELU).
    """

    def __init__(self, dimension: int, heads: int, *, inner: int, dropout: float, before: bool) -> None:
        super().__init__()
        self.heads, self.dropout, self.before = heads, dropout, before
        self.projections = nn.Linear(dimension, 3 * dimension)
        self.output = nn.Linear(dimension, dimension)
        self.widen, self.narrow = nn.Linear(dimension, inner), nn.Linear(inner, dimension)
        self.norm_attention, self.norm_network = nn.LayerNorm(dimension), nn.LayerNorm(dimension)

    def forward(self, hidden_BLD: Tensor, sees_BLL: Tensor) -> Tensor:
        """[B, L, D].

        Args:
            hidden_BLD: the positions.
            sees_BLL: bool, whether a position (row) sees another (column); [1, L, L] for all sessions.
        """
        for part, norm in ((self._attend, self.norm_attention), (self._network, self.norm_network)):
            added = part(norm(hidden_BLD) if self.before else hidden_BLD, sees_BLL)
            hidden_BLD = hidden_BLD + F.dropout(added, self.dropout, self.training)
            if not self.before:
                hidden_BLD = norm(hidden_BLD)
        return hidden_BLD

    def _attend(self, hidden_BLD: Tensor, sees_BLL: Tensor) -> Tensor:
        batch, length, dimension = hidden_BLD.shape
        split = self.projections(hidden_BLD).reshape(batch, length, 3, self.heads, dimension // self.heads)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        found = F.scaled_dot_product_attention(
            queries, keys, values, sees_BLL[:, None], self.dropout if self.training else 0.0
        )
        attended: Tensor = self.output(found.transpose(1, 2).reshape(batch, length, dimension))
        return attended

    def _network(self, hidden_BLD: Tensor, _: Tensor) -> Tensor:
        inner = self.widen(hidden_BLD)
        narrowed: Tensor = self.narrow(torch.relu(inner) if self.before else F.gelu(inner))
        return narrowed


def draw_normal(model: nn.Module, seed: int) -> None:
    """Draw matrices from N(0, 0.02) cut at two deviations; biases 0, norms 1 (BERT4Rec, section 4.4)."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                nn.init.trunc_normal_(parameter, std=0.02, a=-0.04, b=0.04, generator=generator)
            else:
                parameter.fill_(1.0 if "norm" in name and name.endswith("weight") else 0.0)
