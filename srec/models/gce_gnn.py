"""GCE-GNN: Global Context Enhanced Graph Neural Networks (Wang et al., SIGIR 2020), as SRec modifies it.

Notable: a session is a small graph with four edge types (local), each item also sees the neighbours it has
in all sessions (global), and a soft attention with reversed positions reads the session's vector out of both.
SRec's modification: one hop, and an item's vector is the learnt embedding plus its tags' factors (NMF) plus
a learnt embedding for each kind of metadata, several values averaged. Without ``tags`` and ``context``, and
with two hops where the paper has two, this is the paper's model, quirks of the authors' code included.

Shapes: B sessions, L positions, D dimension, S neighbours, V items, N and M pairs of session and item.
"""

import itertools
from dataclasses import dataclass
from typing import Any, ClassVar, Self

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
        levels, places_BL = self._levels(items_BL, table_VD)
        vectors_BLD = F.embedding(places_BL, levels[0].vectors_ND)
        types_BLL, first_BL = session_graph(items_BL)
        local_BLD = self.local(vectors_BLD, types_BLL)
        # A node's dropout is drawn once, however often its item stands in the session.
        local_BLD = F.dropout(local_BLD, settings.dropout_local, training=self.training)
        hidden_BLD = local_BLD.gather(1, first_BL[:, :, None].expand_as(local_BLD))
        if len(self.hops):
            mean_BD = (vectors_BLD * real_BL1).sum(1) / real_BL1.sum(1)
            global_ND = self._global(levels, mean_BD)
            global_ND = F.dropout(global_ND, settings.dropout_global, training=self.training)
            hidden_BLD = hidden_BLD + F.embedding(places_BL, global_ND)
        result_BD: Tensor = self.readout(hidden_BLD, real_BL1)
        return result_BD

    def _levels(self, items_BL: Tensor, table_VD: Tensor) -> tuple["list[Level]", Tensor]:
        """The sessions' items, their global neighbours, and so on; and each position's place in the first.

        Each pair of session and item stands in a level once. A padded position is given the session's first
        item, so that it adds no work.
        """
        size = table_VD.shape[0]
        starts_B1 = size * torch.arange(items_BL.shape[0], device=items_BL.device)[:, None]
        filled_BL = torch.where(items_BL > 0, items_BL, items_BL[:, :1])
        keys_N, places_BL = distinct(starts_B1 + filled_BL)
        keys, edges = [keys_N], []
        for _ in self.hops:
            items_N = keys[-1] % size
            starts_N1 = (keys[-1] - items_N)[:, None]
            keys_N, places_NS = distinct(starts_N1 + F.embedding(items_N, self.neighbours_VS))
            keys.append(keys_N)
            edges.append((places_NS, F.embedding(items_N, self.weights_VS)))
        # One lookup for all levels, its gradient only the rows it has: a dense one is as large as the table.
        all_ND = F.embedding(torch.cat(keys) % size, table_VD, sparse=self.training)
        ends = list(itertools.accumulate(part.shape[0] for part in keys))
        vectors = [all_ND[end - part.shape[0] : end] for end, part in zip(ends, keys, strict=True)]
        padded: list[tuple[Tensor | None, Tensor | None]] = [*edges, (None, None)]
        levels = [
            Level(vectors_ND, part // size, places_NS, weights_NS)
            for vectors_ND, part, (places_NS, weights_NS) in zip(vectors, keys, padded, strict=True)
        ]
        return levels, places_BL

    def _global(self, levels: "list[Level]", mean_BD: Tensor) -> Tensor:
        """The first level's vectors after all hops: the farthest neighbours first (section 4.1)."""
        vectors = [level.vectors_ND for level in levels]
        means = [F.embedding(level.sessions_N, mean_BD) for level in levels]
        for hop in self.hops:
            vectors = [
                hop(inner, outer, mean, level.places_NS, level.weights_NS)
                for inner, outer, mean, level in zip(
                    vectors[:-1], vectors[1:], means[1:], levels, strict=False
                )
            ]
        return vectors[0]


@dataclass(frozen=True)
class Level:
    """Pairs of session and item at one distance from the sessions' own items.

    Attributes:
        vectors_ND: the items' vectors.
        sessions_N: int64, the session of each.
        places_NS: int64, where each one's neighbours stand in the next level; None in the last.
        weights_NS: how often they meet; None in the last.
    """

    vectors_ND: Tensor
    sessions_N: Tensor
    places_NS: Tensor | None
    weights_NS: Tensor | None


def distinct(keys: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct keys [N], ascending, and the place of each key among them, in the shape of ``keys``.

    In an exported graph, whose shapes must not depend on values, all keys as they come.
    """
    if torch.compiler.is_exporting():
        flat = keys.flatten()
        return flat, torch.arange(flat.shape[0]).reshape(keys.shape)
    found, places = torch.unique(keys, return_inverse=True)
    return found, places


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
        self, inner_ND: Tensor, outer_MD: Tensor, mean_MD: Tensor, places_NS: Tensor, weights_NS: Tensor
    ) -> Tensor:
        """The rows' new vectors [N, D], from those of their neighbours.

        Args:
            inner_ND: the rows' own vectors.
            outer_MD: the neighbours' vectors, each once.
            mean_MD: the mean of each neighbour's session.
            places_NS: int64, which S of the M are each row's neighbours.
            weights_NS: how often they meet.
        """
        projected_MD = (mean_MD * outer_MD) @ self.similarity[:-1]
        energies_NS = edge_energies(projected_MD, self.similarity[-1], self.energy, places_NS, weights_NS)
        shares_NS = energies_NS.softmax(-1)
        around_ND = F.embedding_bag(places_NS, outer_MD, mode="sum", per_sample_weights=shares_NS)
        merged = F.dropout(torch.cat((inner_ND, around_ND), -1), self.dropout, training=self.training)
        return torch.relu(merged @ self.merge)


class _EdgeEnergies(torch.autograd.Function):
    """As ``edge_energies`` says, in place: the rows of all edges are the largest thing of a step."""

    @staticmethod
    def forward(
        context: Any, rows_MD: Tensor, scale_D: Tensor, energy_D1: Tensor, places: Tensor, weights: Tensor
    ) -> Tensor:
        hidden_ED = rows_MD.index_select(0, places.flatten())
        hidden_ED.addr_(weights.flatten(), scale_D)
        F.leaky_relu_(hidden_ED, SLOPE)
        context.save_for_backward(hidden_ED, energy_D1, places, weights)
        context.rows = len(rows_MD)
        return (hidden_ED @ energy_D1).reshape(places.shape)

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        hidden_ED, energy_D1, places, weights = context.saved_tensors
        (gradient_NS,) = gradients
        by_row = (*places.shape, hidden_ED.shape[1])
        # The gradients of a row's energies cancel each other: summed by row first, they do so exactly.
        energy_gradient_D = (gradient_NS[:, None] @ hidden_ED.reshape(by_row)).squeeze(1).sum(0)
        outer_ED = torch.outer(gradient_NS.flatten(), energy_D1[:, 0])
        # The activation keeps the sign, so its derivative can be read from its result.
        positive_ED = torch.ops.aten.threshold_backward(outer_ED, hidden_ED, 0)
        hidden_gradient_ED = outer_ED.mul_(SLOPE).add_(positive_ED, alpha=1 - SLOPE)
        scale_gradient_D = (weights[:, None] @ hidden_gradient_ED.reshape(by_row)).squeeze(1).sum(0)
        rows_gradient_MD = hidden_ED.new_zeros((context.rows, hidden_ED.shape[1]))
        rows_gradient_MD.index_add_(0, places.flatten(), hidden_gradient_ED)
        return rows_gradient_MD, scale_gradient_D, energy_gradient_D[:, None], None, None


def edge_energies(
    rows_MD: Tensor, scale_D: Tensor, energy_D1: Tensor, places_NS: Tensor, weights_NS: Tensor
) -> Tensor:
    """[N, S]: LeakyReLU(row + weight * scale) . energy for each edge (equation 4)."""
    if torch.compiler.is_exporting():
        hidden_NSD = F.embedding(places_NS, rows_MD) + weights_NS[:, :, None] * scale_D
        return (F.leaky_relu(hidden_NSD, SLOPE) @ energy_D1).squeeze(2)
    found: Tensor = _EdgeEnergies.apply(  # type: ignore[no-untyped-call]
        rows_MD, scale_D, energy_D1, places_NS, weights_NS
    )
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
