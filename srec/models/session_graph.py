"""The graph of each session of a batch, built from the padded matrix by tensor operations, flat or dense.

Nodes are a session's distinct items. Edges join adjacent items and have four types (GCE-GNN, section 3.2,
Figure 2): itself, out, in, both. As in the authors' code, the session is read from its newest item to its
oldest, so "out" leads to the older item. Shapes: B sessions, L positions, P positions without padding, N
nodes, E edges.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

NONE, SELF, OUT, IN, BOTH = range(5)


@dataclass(frozen=True)
class Positions:
    """All positions of a batch in one row, session by session, oldest first.

    Attributes:
        items_P: int64, the item at each.
        sessions_P: int64, 0..B - 1.
        from_newest_P: int64, the steps to the session's newest item.
        lengths_B: int64, how many positions each session has.
    """

    items_P: Tensor
    sessions_P: Tensor
    from_newest_P: Tensor
    lengths_B: Tensor

    def sum(self, vectors_PD: Tensor) -> Tensor:
        """[B, D]: over each session's positions."""
        batch, dimension = self.lengths_B.shape[0], vectors_PD.shape[1]
        return vectors_PD.new_zeros((batch, dimension)).index_add(0, self.sessions_P, vectors_PD)

    def mean(self, vectors_PD: Tensor) -> Tensor:
        """[B, D]: over each session's positions."""
        return self.sum(vectors_PD) / self.lengths_B[:, None]


def graph_is_recorded() -> bool:
    """Whether export or TorchScript's tracer is recording the operations, to replay them on other inputs."""
    traced: bool = torch.jit.is_tracing()  # type: ignore[attr-defined,no-untyped-call]
    return torch.compiler.is_exporting() or traced


def positions(items_BL: Tensor) -> Positions:
    """The positions of padded sessions (int64, oldest first, 0 is padding on the right)."""
    real_BL = items_BL > 0
    lengths_B = real_BL.sum(1)
    sessions_P, places_P = real_BL.nonzero(as_tuple=True)
    from_newest_P = lengths_B[sessions_P] - 1 - places_P
    return Positions(items_BL[sessions_P, places_P], sessions_P, from_newest_P, lengths_B)


def session_edges(nodes_P: Tensor, sessions_P: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Each edge once: int64 rows_E, columns_E and types_E in 1..4, from a row's item to a column's.

    Args:
        nodes_P: int64, the node of each position.
        sessions_P: int64, the session of each position.
        count: N.
    """
    older, newer = nodes_P[:-1], nodes_P[1:]
    steps = (sessions_P[:-1] == sessions_P[1:]) & (older != newer)
    older, newer = older[steps], newer[steps]
    # The last bit of a key is the direction, so a pair that occurs in both directions has two keys.
    out_keys, in_keys = 2 * (newer * count + older), 2 * (older * count + newer) + 1
    keys = torch.unique(torch.cat((out_keys, in_keys)))
    pairs, place = torch.unique_consecutive(keys // 2, return_inverse=True)
    types = torch.zeros_like(pairs).index_add_(0, place, OUT + keys % 2)
    types = types.clamp(max=BOTH)
    own = torch.arange(count, device=nodes_P.device)
    return (
        torch.cat((own, pairs // count)),
        torch.cat((own, pairs % count)),
        torch.cat((torch.full_like(own, SELF), types)),
    )


def dense_edges(items_BL: Tensor) -> Tensor:
    """The edges between positions, in the form that can be exported.

    Args:
        items_BL: int64, oldest first, padded with 0 on the right.

    Returns:
        types_BLL: int64 in 0..4, the type of the edge from a row's item to a column's. Columns that are
            padding or repeat an earlier position's item are 0 (no edge), so that each node counts once.
    """
    real_BL = items_BL > 0
    same_BLL = (items_BL[:, :, None] == items_BL[:, None, :]) & real_BL[:, :, None] & real_BL[:, None, :]
    same = same_BLL.to(torch.float32)
    # out[p, j]: somewhere the item of p directly follows the item of j in time.
    out_BLL = same[:, :, 1:] @ same[:, :-1, :] > 0
    in_BLL = out_BLL.transpose(1, 2)
    types_BLL = torch.where(out_BLL, torch.where(in_BLL, BOTH, OUT), torch.where(in_BLL, IN, NONE))
    types_BLL = torch.where(same_BLL, SELF, types_BLL)
    positions_L = torch.arange(items_BL.shape[1], device=items_BL.device)
    node_BL = (same.argmax(dim=2) == positions_L) & real_BL
    return torch.where(node_BL[:, None, :], types_BLL, NONE)
