"""The graph of one session, built from the padded batch by tensor operations, so it exports with the model.

Nodes are a session's distinct items; each is represented by the position where it first stands. Edges join
items that stand next to each other and have four types (GCE-GNN, section 3.2, Figure 2): itself, out, in,
both. As in the authors' code the session is read from its newest item to its oldest, so that "out" leads
to the older one. Shapes: B sessions, L positions.
"""

import torch
from torch import Tensor

NONE, SELF, OUT, IN, BOTH = range(5)


def session_graph(items_BL: Tensor) -> tuple[Tensor, Tensor]:
    """The edges between positions, and where each position's item first stands.

    Args:
        items_BL: int64, oldest first, padded with 0 on the right.

    Returns:
        types_BLL: int64 in 0..4, the type of the edge from a row's item to a column's; 0 (no edge) in the
            columns that repeat an earlier position's item or are padding, so that each node counts once.
        first_BL: int64, the first position of each position's item.
    """
    real_BL = items_BL > 0
    same_BLL = (items_BL[:, :, None] == items_BL[:, None, :]) & real_BL[:, :, None] & real_BL[:, None, :]
    same = same_BLL.to(torch.float32)
    # out[p, j]: somewhere the item of j is followed in time by the item of p.
    out_BLL = same[:, :, 1:] @ same[:, :-1, :] > 0
    in_BLL = out_BLL.transpose(1, 2)
    types_BLL = torch.where(out_BLL, torch.where(in_BLL, BOTH, OUT), torch.where(in_BLL, IN, NONE))
    types_BLL = torch.where(same_BLL, SELF, types_BLL)
    first_BL = same.argmax(dim=2)
    positions_L = torch.arange(items_BL.shape[1], device=items_BL.device)
    node_BL = (first_BL == positions_L) & real_BL
    return torch.where(node_BL[:, None, :], types_BLL, NONE), first_BL
