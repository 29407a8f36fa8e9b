"""The reference of speed: GCE-GNN in PyTorch eager, with the layout of its authors' code and SRec's weights.

For each request, a Python loop builds the adjacency matrix, the local attention makes the products of all
pairs [B, N, N, D], neighbours are looked up hop by hop, and the scores are a product with a strided view. The
reference has two advantages: no session is padded beyond its own length, and the items' vectors are computed
once.
Shapes: B is 1, N distinct items, L positions, S neighbours, D dimension, V items.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from srec.dataset.dataset import Ints
from srec.errors import SettingsError
from srec.models.base import ItemsBL, ScoresBV
from srec.models.gce_gnn import GCEGNN
from srec.models.gce_layers import SLOPE, GlobalAggregation
from srec.models.session_graph import BOTH, IN, NONE, OUT, SELF
from srec_bench.inference.contender import Scoring
from srec_bench.inference.subject import Subject


def eager(subject: Subject) -> Scoring:
    """The contender.

    Raises:
        SettingsError: the run has another model.
    """
    if not isinstance(subject.model, GCEGNN):
        raise SettingsError(f"it is written for gce-gnn, but the run is a {subject.run.model_name}")
    return Scoring(EagerScorer(subject.model))


class EagerScorer:
    """A trained GCE-GNN as a Scorer, one session after the other."""

    def __init__(self, model: GCEGNN) -> None:
        self._model = model.eval()
        with torch.no_grad():
            self._table_VD = model.item_table().contiguous()

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Logits of the items 1..V, float32 [B, V]."""
        with torch.no_grad():
            rows = [self._score([item for item in row if item]) for row in items_BL.tolist()]
            return torch.cat(rows).numpy()

    def _score(self, session: list[int]) -> Tensor:
        newest_first = session[::-1]
        nodes, places, types_NN = adjacency(newest_first)
        nodes_BN, places_L = torch.tensor([nodes]), torch.tensor(places)
        types_BNN = torch.from_numpy(types_NN)[None]
        vectors_BND = F.embedding(nodes_BN, self._table_VD)
        hidden_BND = self._local(vectors_BND, types_BNN)
        if len(self._model.hops):
            hidden_BND = hidden_BND + self._global(nodes_BN, vectors_BND[:, places_L].mean(1))
        vector_BD = self._readout(hidden_BND[:, places_L])
        return vector_BD @ self._table_VD[1:].T

    def _local(self, vectors_BND: Tensor, types_BNN: Tensor) -> Tensor:
        """Equations 6-8, over all pairs of items."""
        products_BNND = vectors_BND[:, :, None] * vectors_BND[:, None]
        energies_BNN = torch.full(types_BNN.shape, -9e15)
        for kind, edge_D in enumerate(self._model.local.edges_4D, SELF):
            of_kind_BNN = F.leaky_relu((products_BNND @ edge_D[:, None]).squeeze(-1), SLOPE)
            energies_BNN = torch.where(types_BNN == kind, of_kind_BNN, energies_BNN)
        return energies_BNN.softmax(-1) @ vectors_BND

    def _global(self, nodes_BN: Tensor, mean_BD: Tensor) -> Tensor:
        """Equations 2-5: the neighbours of the neighbours, and back hop by hop."""
        model, levels, weights = self._model, [nodes_BN], []
        for _ in model.hops:
            asked = levels[-1].view(-1)
            levels.append(model.neighbours_VS[asked].view(1, -1))
            weights.append(model.weights_VS[asked])
        vectors = [F.embedding(level, self._table_VD) for level in levels]
        for layer in model.hops:
            assert isinstance(layer, GlobalAggregation)
            vectors = [
                _aggregated(layer, inner, outer, weights_NS=weight_NS, mean_BD=mean_BD)
                for inner, outer, weight_NS in zip(vectors[:-1], vectors[1:], weights, strict=False)
            ]
        return vectors[0]

    def _readout(self, hidden_BLD: Tensor) -> Tensor:
        """Equations 11-14."""
        readout = self._model.readout
        places_BLD = readout.positions.weight[: hidden_BLD.shape[1]][None]
        placed_BLD = torch.tanh(torch.cat((places_BLD, hidden_BLD), -1) @ readout.position_merge)
        mean_B1D = hidden_BLD.mean(1, keepdim=True)
        gates_BLD = torch.sigmoid(readout.gate(placed_BLD) + readout.mean_gate(mean_B1D))
        return (gates_BLD @ readout.energy * hidden_BLD).sum(1)


def _aggregated(
    layer: GlobalAggregation, inner_BND: Tensor, outer_BMD: Tensor, *, weights_NS: Tensor, mean_BD: Tensor
) -> Tensor:
    batch, count, dimension = inner_BND.shape
    around_BNSD = outer_BMD.view(batch, count, -1, dimension)
    weights_BNS1 = weights_NS[None, :, :, None]
    given = torch.cat((mean_BD[:, None, None] * around_BNSD, weights_BNS1), -1)
    energies_BNS1 = F.leaky_relu(given @ layer.similarity, SLOPE) @ layer.energy
    found_BND = (energies_BNS1.softmax(2) * around_BNSD).sum(2)
    return torch.relu(torch.cat((inner_BND, found_BND), -1) @ layer.merge)


def adjacency(newest_first: Sequence[int]) -> tuple[list[int], list[int], Ints]:
    """A session's distinct items, each position's place among them, and the types of the edges [N, N]."""
    nodes = sorted(set(newest_first))
    place_of = {item: place for place, item in enumerate(nodes)}
    types_NN = np.full((len(nodes), len(nodes)), NONE)
    for place in range(len(nodes)):
        types_NN[place, place] = SELF
    for item, older in itertools.pairwise(newest_first):
        a, b = place_of[item], place_of[older]
        if a == b:
            continue
        types_NN[a, b] = BOTH if types_NN[a, b] in (IN, BOTH) else OUT
        types_NN[b, a] = BOTH if types_NN[b, a] in (OUT, BOTH) else IN
    return nodes, [place_of[item] for item in newest_first], types_NN
