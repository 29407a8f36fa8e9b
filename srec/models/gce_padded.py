"""GCE-GNN over padded sessions: the form that is exported.

It has the same equations as ``gce_layers``, and the same weights. In the local graph and the readout every
position is a node, including padding and repeated items; a mask hides those that do not count. Shapes: B
sessions, L positions, P positions without padding, S neighbours, D dimension, M rows of a level.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from srec.models.gce_layers import SLOPE, GlobalAggregation, LocalGraph, Readout
from srec.models.session_graph import dense_edges

NEVER = -9e15  # the energy of an edge that does not exist


def encode_padded(
    local: LocalGraph,
    hops: Sequence[GlobalAggregation],
    readout: Readout,
    neighbours_VS: Tensor,
    weights_VS: Tensor,
    items_BL: Tensor,
    table_VD: Tensor,
) -> Tensor:
    """Session vectors [B, D], without dropout.

    Args:
        local: the session's own graph.
        hops: the global graph's layers, in order; an empty sequence leaves the graph out.
        readout: reads a session's vector out of its positions' vectors.
        neighbours_VS: int64, each item's global neighbours.
        weights_VS: how often they meet.
        items_BL: int64, oldest first, padded with 0 on the right; no session is empty.
        table_VD: the items' vectors.
    """
    real_BL = items_BL > 0
    shares_B1L = (real_BL / real_BL.sum(1, keepdim=True))[:, None]
    vectors_BLD = F.embedding(items_BL, table_VD)
    hidden_BLD = _attend_locally(local, vectors_BLD, items_BL)
    if hops:
        # Most of the work is here, so padding is left out: P positions.
        places_P1 = real_BL.flatten().nonzero()
        mean_BLD = (shares_B1L @ vectors_BLD).expand_as(vectors_BLD)
        items_PM, mean_P1D = items_BL.flatten()[places_P1], F.embedding(places_P1, mean_BLD.flatten(0, 1))
        vectors, weights = [F.embedding(places_P1, vectors_BLD.flatten(0, 1))], []
        for _ in hops:
            around_PMS = F.embedding(items_PM, neighbours_VS)
            weights.append(F.embedding(items_PM, weights_VS)[..., None])
            vectors.append(F.embedding(around_PMS, table_VD))
            items_PM = around_PMS.flatten(1)
        for layer in hops:
            vectors = [
                _aggregate(layer, _rows(inner), outer.reshape(*weight.shape[:-1], -1), mean_P1D, weight)
                for inner, outer, weight in zip(vectors[:-1], vectors[1:], weights, strict=False)
            ]
        # Padding gets another position's vector, which the readout masks.
        at_BL = (real_BL.flatten().cumsum(0) - 1).reshape(real_BL.shape).clamp(min=0)
        hidden_BLD = hidden_BLD + F.embedding(at_BL, vectors[0].squeeze(1))
    return _read_out(readout, hidden_BLD, real_BL, shares_B1L)


def _rows(vectors: Tensor) -> Tensor:
    """[P, M, D]: a level as the rows of the next hop."""
    return vectors if vectors.ndim == 3 else vectors.flatten(1, 2)


def _attend_locally(layer: LocalGraph, vectors_BLD: Tensor, items_BL: Tensor) -> Tensor:
    """Equations 6-8: [B, L, D]."""
    types_BLL = dense_edges(items_BL)
    by_type_5D = F.pad(layer.edges_4D, (0, 0, 1, 0))  # the first type is no edge
    queries_B5LD = vectors_BLD[:, None] * by_type_5D[:, None]
    energies_B5LL = F.leaky_relu(queries_B5LD @ vectors_BLD.transpose(1, 2)[:, None], SLOPE)
    chosen_BLL = energies_B5LL.gather(1, types_BLL[:, None]).squeeze(1)
    return torch.where(types_BLL > 0, chosen_BLL, NEVER).softmax(-1) @ vectors_BLD


def _aggregate(
    layer: GlobalAggregation, inner_PMD: Tensor, outer_PMSD: Tensor, mean_P1D: Tensor, weights_PMS1: Tensor
) -> Tensor:
    """Equations 2-5: [P, M, D]."""
    alike_PMSD = (mean_P1D[:, None] * outer_PMSD) @ layer.similarity[:-1]
    hidden_PMSD = alike_PMSD + weights_PMS1 * layer.similarity[-1]
    shares_PMS = (F.leaky_relu(hidden_PMSD, SLOPE) @ layer.energy).squeeze(3).softmax(-1)
    around_PMD = (shares_PMS[:, :, None] @ outer_PMSD).squeeze(2)
    return torch.relu(torch.cat((inner_PMD, around_PMD), -1) @ layer.merge)


def _read_out(layer: Readout, hidden_BLD: Tensor, real_BL: Tensor, shares_B1L: Tensor) -> Tensor:
    """Equations 11-14: [B, D]."""
    place_part, hidden_part = layer.position_merge.chunk(2)
    places_L = torch.arange(real_BL.shape[1], device=real_BL.device)
    from_newest_BL = (real_BL.sum(1, keepdim=True) - 1 - places_L).clamp(min=0)
    places_BLD = F.embedding(from_newest_BL, layer.positions.weight @ place_part)
    placed_BLD = torch.tanh(places_BLD + hidden_BLD @ hidden_part)
    gates_BLD = torch.sigmoid(layer.gate(placed_BLD) + layer.mean_gate(shares_B1L @ hidden_BLD))
    energies_B1L = (gates_BLD @ layer.energy).transpose(1, 2) * real_BL[:, None]
    return (energies_B1L @ hidden_BLD).squeeze(1)
