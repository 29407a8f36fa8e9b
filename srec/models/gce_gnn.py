"""GCE-GNN: Global Context Enhanced Graph Neural Networks (Wang et al., SIGIR 2020), as SRec modifies it.

Notable: a session is a small graph with four edge types (local), each item also sees the neighbours it has
in all sessions (global), and a soft attention with reversed positions reads the session's vector out of both.
SRec's modification: one hop, and an item's vector is the learnt embedding plus its tags' factors (NMF) plus
a learnt embedding for each kind of metadata, several values averaged. Without ``tags`` and ``context``, and
with two hops where the paper has two, this is the paper's model, quirks of the authors' code included.

Shapes: B sessions, L positions, D dimension, S neighbours, V items, N rows of a hop.
"""

from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from srec.data.dataset import Dataset, Ints
from srec.errors import SettingsError
from srec.features.global_graph import global_graph
from srec.features.session_graph import session_graph
from srec.models.session_model import SessionModel
from srec.settings import Settings

SLOPE = 0.2
POSITIONS = 200


class GCEGNNSettings(Settings):
    """The model's size, its parts and its dropouts."""

    section: ClassVar[str] = "gce-gnn"
    dimension: int = Field(64, ge=1, description="D; with tags, the dimension of the dataset's factors")
    hops: int = Field(1, ge=0, description="how far the global graph is followed; 0 leaves it out")
    neighbours: int = Field(12, ge=1, description="S, the global neighbours of an item")
    window: int = Field(3, ge=1, description="items this near in a session are global neighbours")
    tags: bool = Field(True, description="add the factors of the games' tags to the items' vectors")
    context: bool = Field(True, description="add learnt embeddings of the games' metadata")
    dropout_local: float = Field(0.0, ge=0, lt=1, description="on the local graph's output")
    dropout_global: float = Field(0.5, ge=0, lt=1, description="on the global graph's output")
    dropout_gcn: float = Field(0.2, ge=0, lt=1, description="inside the global aggregation")
    graph_seed: int = Field(0, ge=0, description="of the draws for items with few neighbours")


class GCEGNN(SessionModel):
    """Graph attention within the session and over all sessions; ``GCEGNN.build`` fits its size to a dataset.

    Args:
        settings: size, parts, dropouts.
        item_count: V.
    """

    settings_type: ClassVar[type[Settings]] = GCEGNNSettings
    neighbours_VS: Tensor
    weights_VS: Tensor
    tags_VD: Tensor | None

    def __init__(self, settings: GCEGNNSettings, item_count: int) -> None:
        super().__init__()
        self.settings, dimension = settings, settings.dimension
        self.embedding = nn.Embedding(item_count + 1, dimension)
        self.local = LocalGraph(dimension)
        self.hops = nn.ModuleList(
            GlobalAggregation(dimension, settings.dropout_gcn) for _ in range(settings.hops)
        )
        self.readout = Readout(dimension)
        size = (item_count + 1, settings.neighbours)
        self.register_buffer("neighbours_VS", torch.zeros(size, dtype=torch.int64))
        self.register_buffer("weights_VS", torch.zeros(size))
        self.register_buffer("tags_VD", torch.zeros(item_count + 1, dimension) if settings.tags else None)
        self.context = nn.ModuleDict()

    @classmethod
    def build(cls, dataset: Dataset, settings: Settings) -> Self:
        """A model of the dataset's size, with its tags and metadata, its weights not yet drawn.

        Raises:
            SettingsError: the dataset's tag factors have another dimension.
        """
        assert isinstance(settings, GCEGNNSettings)
        model = cls(settings, dataset.item_count)
        if settings.tags:
            factors_VD = torch.from_numpy(dataset.tag_factors.copy())
            if factors_VD.shape[1] != settings.dimension:
                raise SettingsError(
                    f"the dataset's tags have {factors_VD.shape[1]} factors, the model dimension"
                    f" {settings.dimension}: set tags.dimension and gce-gnn.dimension to the same"
                )
            model.tags_VD = scaled_factors(factors_VD)
        if settings.context:
            for kind, values in dataset.context.items():
                model.context[kind] = MetadataEmbedding(
                    torch.from_numpy(values.ids.copy()).long(),
                    torch.from_numpy(values.offsets.copy()),
                    len(values.names),
                    settings.dimension,
                )
        return model

    def initialise(self, seed: int) -> None:
        """Draw all weights from U(-1/sqrt(D), 1/sqrt(D)), as the authors do."""
        generator = torch.Generator().manual_seed(seed)
        bound = self.settings.dimension**-0.5
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.uniform_(-bound, bound, generator=generator)

    def prepare(self, items: Ints, sessions: Ints) -> None:
        """Count the global graph of the training sequences into the buffers."""
        settings = self.settings
        neighbours_VS, weights_VS = global_graph(
            items,
            sessions,
            self.embedding.num_embeddings - 1,
            settings.window,
            settings.neighbours,
            settings.graph_seed,
        )
        self.neighbours_VS = torch.from_numpy(neighbours_VS)
        self.weights_VS = torch.from_numpy(weights_VS)

    def item_table(self) -> Tensor:
        """table_VD [V + 1, D]: learnt embedding + tags + metadata."""
        table_VD: Tensor = self.embedding.weight
        if self.tags_VD is not None:
            table_VD = table_VD + self.tags_VD
        for metadata in self.context.values():
            table_VD = table_VD + metadata()
        return table_VD

    def encode(self, items_BL: Tensor, table_VD: Tensor) -> Tensor:
        """Session vectors [B, D], given the items' vectors."""
        settings = self.settings
        real_BL1 = (items_BL > 0).to(table_VD.dtype)[:, :, None]
        vectors_BLD = F.embedding(items_BL, table_VD)
        types_BLL, first_BL = session_graph(items_BL)
        hidden_BLD = F.dropout(
            self.local(vectors_BLD, types_BLL), settings.dropout_local, training=self.training
        )
        if len(self.hops):
            mean_B1D = (vectors_BLD * real_BL1).sum(1, keepdim=True) / real_BL1.sum(1, keepdim=True)
            global_BLD = self._global(items_BL, vectors_BLD, mean_B1D, table_VD)
            hidden_BLD = hidden_BLD + F.dropout(global_BLD, settings.dropout_global, training=self.training)
        # A node's dropout is drawn once, however often its item stands in the session.
        hidden_BLD = hidden_BLD.gather(1, first_BL[:, :, None].expand_as(hidden_BLD))
        result_BD: Tensor = self.readout(hidden_BLD, real_BL1)
        return result_BD

    def _global(self, items_BL: Tensor, vectors_BLD: Tensor, mean_B1D: Tensor, table_VD: Tensor) -> Tensor:
        """Aggregate the neighbours' neighbours first, then the neighbours (section 4.1)."""
        batch, rows_BN, layers, weights = items_BL.shape[0], items_BL, [vectors_BLD], []
        for _ in self.hops:
            weights.append(F.embedding(rows_BN, self.weights_VS))
            rows_BN = F.embedding(rows_BN, self.neighbours_VS).reshape(batch, -1)
            layers.append(F.embedding(rows_BN, table_VD))
        for aggregation in self.hops:
            layers = [
                aggregation(
                    inner, outer.reshape(batch, -1, weight.shape[-1], inner.shape[-1]), weight, mean_B1D
                )
                for inner, outer, weight in zip(layers[:-1], layers[1:], weights, strict=False)
            ]
        return layers[0]


class LocalGraph(nn.Module):
    """Attention between the items of a session, one weight vector for each type of edge (equations 6-8)."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.edges_4D = nn.Parameter(torch.empty(4, dimension))

    def forward(self, vectors_BLD: Tensor, types_BLL: Tensor) -> Tensor:
        """The attended vectors [B, L, D]."""
        queries_B4LD = vectors_BLD[:, None] * self.edges_4D[:, None]
        energies_B4LL = F.leaky_relu(queries_B4LD @ vectors_BLD.transpose(1, 2)[:, None], SLOPE)
        chosen_BLL = energies_B4LL.gather(1, (types_BLL - 1).clamp(min=0)[:, None]).squeeze(1)
        chosen_BLL = torch.where(types_BLL > 0, chosen_BLL, -9e15)
        return chosen_BLL.softmax(-1) @ vectors_BLD


class GlobalAggregation(nn.Module):
    """One hop: neighbours weighted by the session's mean and by their count (equations 2-5)."""

    def __init__(self, dimension: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.similarity = nn.Parameter(torch.empty(dimension + 1, dimension))
        self.energy = nn.Parameter(torch.empty(dimension, 1))
        self.merge = nn.Parameter(torch.empty(2 * dimension, dimension))

    def forward(
        self, vectors_BND: Tensor, neighbours_BNSD: Tensor, weights_BNS: Tensor, mean_B1D: Tensor
    ) -> Tensor:
        """The rows' new vectors [B, N, D]."""
        batch, rows, neighbours, dimension = neighbours_BNSD.shape
        # (mean * neighbour) W = neighbour (diag(mean) W): one small matrix a session, no large product.
        conditioned_BDD = mean_B1D.transpose(1, 2) * self.similarity[:-1]
        hidden = neighbours_BNSD.reshape(batch, rows * neighbours, dimension) @ conditioned_BDD
        hidden = hidden + weights_BNS.reshape(batch, -1, 1) * self.similarity[-1]
        energies_BNS = (F.leaky_relu(hidden, SLOPE) @ self.energy).reshape(batch, rows, neighbours)
        shares_BN1S = energies_BNS.softmax(-1)[:, :, None]
        merged = torch.cat((vectors_BND, (shares_BN1S @ neighbours_BNSD).squeeze(2)), -1)
        return torch.relu(F.dropout(merged, self.dropout, training=self.training) @ self.merge)


class Readout(nn.Module):
    """Soft attention over the positions, counted from the newest; the weights are gates (equations 11-14)."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.positions = nn.Embedding(POSITIONS, dimension)
        self.position_merge = nn.Parameter(torch.empty(2 * dimension, dimension))
        self.gate = nn.Linear(dimension, dimension)
        self.mean_gate = nn.Linear(dimension, dimension, bias=False)
        self.energy = nn.Parameter(torch.empty(dimension, 1))

    def forward(self, hidden_BLD: Tensor, real_BL1: Tensor) -> Tensor:
        """Session vectors [B, D]."""
        lengths_B11 = real_BL1.sum(1, keepdim=True)
        mean_B1D = (hidden_BLD * real_BL1).sum(1, keepdim=True) / lengths_B11
        steps_L = torch.arange(hidden_BLD.shape[1], device=hidden_BLD.device)
        from_newest_BL = (lengths_B11[:, :, 0].long() - 1 - steps_L).clamp(min=0)
        placed_BLD = torch.cat((self.positions(from_newest_BL), hidden_BLD), -1) @ self.position_merge
        gates_BLD = torch.sigmoid(self.gate(torch.tanh(placed_BLD)) + self.mean_gate(mean_B1D))
        return (gates_BLD @ self.energy * real_BL1 * hidden_BLD).sum(1)


class MetadataEmbedding(nn.Module):
    """A learnt vector for each value of one kind of metadata; an item has the mean of its values'."""

    ids_M: Tensor
    offsets: Tensor

    def __init__(self, ids_M: Tensor, offsets: Tensor, values: int, dimension: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(values, dimension))
        self.register_buffer("ids_M", ids_M)
        self.register_buffer("offsets", offsets)

    def forward(self) -> Tensor:
        """[V + 1, D]; row 0 is zero."""
        return F.embedding_bag(self.ids_M, self.table, self.offsets, mode="mean", include_last_offset=True)


def scaled_factors(factors_VD: Tensor) -> Tensor:
    """The tag factors with rows as long, on average, as a freshly drawn embedding's: sqrt(1 / 3)."""
    norms_V = factors_VD.norm(dim=1)
    tagged = norms_V > 0
    if not tagged.any():
        return factors_VD
    scaled: Tensor = factors_VD * (3**-0.5 / norms_V[tagged].mean())
    return scaled
