"""The layers of GCE-GNN (Wang et al., SIGIR 2020), without padding; equation numbers are the paper's.

Shapes: B sessions, L positions, P positions without padding, D dimension, S neighbours, N and M pairs of
session and item, E edges.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srec.models.session_graph import Positions, session_edges

SLOPE = 0.2
POSITIONS = 200
LARGE = 1e30
BLOCK = 1000  # this many vectors, and those of their edges, stay in a core's cache


def dropout(values: Tensor, share: float, training: bool) -> Tensor:
    """The same as torch's dropout at half the cost on a CPU, where drawing Bernoulli numbers is slow."""
    if not training or share == 0:
        return values
    return values * ((torch.rand_like(values) >= share) / (1 - share))


class LocalGraph(nn.Module):
    """Attention between the items of a session, one weight vector for each type of edge (equations 6-8)."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.edges_4D = nn.Parameter(torch.empty(4, dimension))

    def forward(self, vectors_ND: Tensor, nodes_P: Tensor, sessions_P: Tensor) -> Tensor:
        """The attended vectors [N, D].

        Args:
            vectors_ND: the vector of each node; a node is a distinct item of a session.
            nodes_P: int64, the node of each position.
            sessions_P: int64, the session of each position.
        """
        count = vectors_ND.shape[0]
        rows_E, columns_E, types_E = session_edges(nodes_P, sessions_P, count)
        columns_ED = vectors_ND.index_select(0, columns_E)
        typed_ED = vectors_ND.index_select(0, rows_E) * self.edges_4D.index_select(0, types_E - 1)
        energies_E = F.leaky_relu((typed_ED * columns_ED).sum(1), SLOPE)
        fixed_E = energies_E.detach()
        highest_N = fixed_E.new_zeros(count).scatter_reduce(0, rows_E, fixed_E, "amax", include_self=False)
        raised_E = (energies_E - highest_N.index_select(0, rows_E)).exp()
        sums_N = raised_E.new_zeros(count).index_add(0, rows_E, raised_E)
        shares_E1 = (raised_E / sums_N.index_select(0, rows_E))[:, None]
        return torch.zeros_like(vectors_ND).index_add(0, rows_E, shares_E1 * columns_ED)


class GlobalAggregation(nn.Module):
    """One hop: neighbours weighted by the session's mean and by their count (equations 2-5)."""

    def __init__(self, dimension: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.similarity = nn.Parameter(torch.empty(dimension + 1, dimension))
        self.energy = nn.Parameter(torch.empty(dimension, 1))
        self.merge = nn.Parameter(torch.empty(2 * dimension, dimension))

    def forward(
        self,
        inner_ND: Tensor,
        outer_MD: Tensor,
        mean_BD: Tensor,
        sessions_M: Tensor,
        places_NS: Tensor,
        weights_NS: Tensor,
    ) -> Tensor:
        """The rows' new vectors [N, D], from those of their neighbours.

        Args:
            inner_ND: the rows' own vectors; rows and neighbours are both sorted by session.
            outer_MD: the neighbours' vectors.
            mean_BD: the mean of each session.
            sessions_M: int64, ascending, the session of each neighbour.
            places_NS: int64, for each row, the places of its S neighbours among the M.
            weights_NS: how often they meet.
        """
        around_ND = attend_in_blocks(
            outer_MD, mean_BD, self.similarity, self.energy, sessions_M, places_NS, weights_NS
        )
        merged = dropout(torch.cat((inner_ND, around_ND), -1), self.dropout, self.training)
        return torch.relu(merged @ self.merge)


class _Attention(torch.autograd.Function):
    """Equations 3-5, a few sessions at a time: the edges' vectors never leave the cache.

    The backward pass computes them again, which is cheaper than fetching them from memory.
    """

    @staticmethod
    def forward(
        context: Any,
        outer_MD: Tensor,
        mean_BD: Tensor,
        similarity: Tensor,
        energy_D1: Tensor,
        sessions_M: Tensor,
        places_NS: Tensor,
        weights_NS: Tensor,
    ) -> Tensor:
        projected_MD = torch.empty_like(outer_MD)
        shares_NS = torch.empty_like(weights_NS)
        around_ND = outer_MD.new_empty((len(places_NS), outer_MD.shape[1]))
        blocks = _blocks(sessions_M, places_NS)
        for at_m, at_n in blocks:
            outer, places = outer_MD[at_m], places_NS[at_n] - at_m.start
            torch.mm(
                mean_BD.index_select(0, sessions_M[at_m]).mul_(outer), similarity[:-1], out=projected_MD[at_m]
            )
            edges_ED = outer.new_empty((places.numel(), outer.shape[1]))
            hidden_ED = _hidden(projected_MD[at_m], similarity[-1], places, weights_NS[at_n], edges_ED)
            torch.softmax((hidden_ED @ energy_D1).reshape(places.shape), -1, out=shares_NS[at_n])
            around_ND[at_n] = F.embedding_bag(places, outer, mode="sum", per_sample_weights=shares_NS[at_n])
        context.save_for_backward(
            outer_MD,
            mean_BD,
            similarity,
            energy_D1,
            sessions_M,
            places_NS,
            weights_NS,
            projected_MD,
            shares_NS,
        )
        context.blocks = blocks
        return around_ND

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        (
            outer_MD,
            mean_BD,
            similarity,
            energy_D1,
            sessions_M,
            places_NS,
            weights_NS,
            projected_MD,
            shares_NS,
        ) = context.saved_tensors
        (around_gradient_ND,) = gradients
        outer_gradient_MD = torch.empty_like(outer_MD)
        mean_gradient_BD = torch.zeros_like(mean_BD)
        similarity_gradient = torch.zeros_like(similarity)
        energy_gradient_D1 = torch.zeros_like(energy_D1)
        for at_m, at_n in context.blocks:
            outer, shares, weights = outer_MD[at_m], shares_NS[at_n], weights_NS[at_n]
            places, around = places_NS[at_n] - at_m.start, around_gradient_ND[at_n]
            flat_E, by_row = places.flatten(), (*places.shape, outer.shape[1])
            edges_ED = outer.index_select(0, flat_E)
            shares_gradient = (edges_ED.view(by_row) @ around[:, :, None]).squeeze(2)
            energies_gradient = torch._softmax_backward_data(shares_gradient, shares, -1, shares.dtype)
            torch.mul(shares[:, :, None], around[:, None], out=edges_ED.view(by_row))
            outer_gradient = torch.zeros_like(outer).index_add_(0, flat_E, edges_ED)
            hidden_ED = _hidden(projected_MD[at_m], similarity[-1], places, weights, edges_ED)
            # The gradients of a row's energies cancel each other: summed by row first, they do so exactly.
            energy_gradient_D1 += (energies_gradient[:, None] @ hidden_ED.view(by_row)).sum(0).T
            # The derivative is 1 or SLOPE by the sign, which the activation keeps.
            slopes_ED = hidden_ED.mul_(LARGE).clamp_(SLOPE, 1)
            hidden_gradient_ED = slopes_ED.mul_(energies_gradient.view(-1, 1)).mul_(energy_D1[:, 0])
            similarity_gradient[-1] += (weights[:, None] @ hidden_gradient_ED.view(by_row)).sum((0, 1))
            projected_gradient = torch.zeros_like(outer).index_add_(0, flat_E, hidden_gradient_ED)
            means = mean_BD.index_select(0, sessions_M[at_m])
            similarity_gradient[:-1].addmm_((means * outer).T, projected_gradient)
            scaled_gradient = projected_gradient @ similarity[:-1].T
            mean_gradient_BD.index_add_(0, sessions_M[at_m], scaled_gradient * outer)
            outer_gradient_MD[at_m] = outer_gradient.addcmul_(scaled_gradient, means)
        return (
            outer_gradient_MD,
            mean_gradient_BD,
            similarity_gradient,
            energy_gradient_D1,
            None,
            None,
            None,
        )


def _hidden(
    projected_MD: Tensor, scale_D: Tensor, places_NS: Tensor, weights_NS: Tensor, out_ED: Tensor
) -> Tensor:
    """[E, D], written into ``out_ED``: for each edge, the vector that equation 3 multiplies by q."""
    torch.index_select(projected_MD, 0, places_NS.flatten(), out=out_ED)
    return F.leaky_relu_(out_ED.addcmul_(weights_NS.view(-1, 1), scale_D), SLOPE)


def _blocks(sessions_M: Tensor, places_NS: Tensor) -> list[tuple[slice, slice]]:
    """Slices of M and N by whole sessions, each with at most BLOCK neighbours unless one session has more."""
    counts = torch.bincount(sessions_M).cumsum(0)
    ends_M = counts.tolist()
    # Rows are sorted by session, as their neighbours are, so each block's rows are a slice too.
    ends_N = torch.searchsorted(places_NS[:, 0].contiguous(), counts).tolist()
    blocks, start_m, start_n = [], 0, 0
    for place, end in enumerate(ends_M):
        last = place + 1 == len(ends_M)
        if last or ends_M[place + 1] - start_m > BLOCK:
            blocks.append((slice(start_m, end), slice(start_n, ends_N[place])))
            start_m, start_n = end, ends_N[place]
    return blocks


def attend_in_blocks(*given: Tensor) -> Tensor:
    """Equations 3-5, in float32: [N, D]."""
    with torch.autocast(given[0].device.type, enabled=False):
        exact = (value.float() if value.is_floating_point() else value for value in given)
        found: Tensor = _Attention.apply(*exact)  # type: ignore[no-untyped-call]
    return found


class Readout(nn.Module):
    """Soft attention over the positions, counted from the newest; the weights are gates (equations 11-14)."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.positions = nn.Embedding(POSITIONS, dimension)
        self.position_merge = nn.Parameter(torch.empty(2 * dimension, dimension))
        self.gate = nn.Linear(dimension, dimension)
        self.mean_gate = nn.Linear(dimension, dimension, bias=False)
        self.energy = nn.Parameter(torch.empty(dimension, 1))

    def forward(self, hidden_PD: Tensor, positions: Positions) -> Tensor:
        """Session vectors [B, D] from their positions' vectors."""
        place_part, hidden_part = self.position_merge.chunk(2)
        places_PD = F.embedding(positions.from_newest_P, self.positions.weight @ place_part)
        placed_PD = torch.tanh(places_PD + hidden_PD @ hidden_part)
        means_PD = F.embedding(positions.sessions_P, self.mean_gate(positions.mean(hidden_PD)))
        gates_PD = torch.sigmoid(self.gate(placed_PD) + means_PD)
        return positions.sum(gates_PD @ self.energy * hidden_PD)
