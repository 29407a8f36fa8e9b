"""GCE-GNN: Global Context Enhanced Graph Neural Networks (Wang et al., SIGIR 2020), as SRec modifies it.

Notable: a session is a small graph with four edge types (local), each item also sees its neighbours from all
sessions (global), and a soft attention with reversed positions reads the session's vector out of both.
SRec's modification: one hop, and an item's vector is the learnt embedding plus its tags' factors (NMF) plus
a learnt embedding for each kind of metadata, several values averaged. Without ``tags`` and ``context``, and
with two hops if the paper has two, this is the paper's model, including the quirks of the authors' code.

Shapes: B sessions, L positions, D dimension, S neighbours, V items, N and M pairs of session and item.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from srec.dataset.dataset import Dataset, Ints
from srec.errors import SettingsError
from srec.models.gce_layers import GlobalAggregation, LocalGraph, Readout, dropout
from srec.models.gce_padded import encode_padded
from srec.models.global_graph import global_graph
from srec.models.session_graph import Positions, graph_is_recorded, positions
from srec.models.session_model import SessionModel, draw_uniform
from srec.settings import Settings, Space, Span


class GCEGNNSettings(Settings):
    """The model's size, its parts and its dropouts."""

    section: ClassVar[str] = "gce-gnn"
    space: ClassVar[Space] = {
        "hops": (0, 1, 2),
        "neighbours": (6, 12, 24),
        "dropout_local": Span(0.0, 0.6),
        "dropout_global": Span(0.0, 0.6),
        "dropout_gcn": Span(0.0, 0.6),
        "training.learning_rate": Span(3e-4, 3e-3, log=True),
    }
    dimension: int = Field(64, ge=1, description="D; with tags, the dimension of the dataset's factors")
    hops: int = Field(1, ge=0, description="steps along the global graph; 0 leaves it out")
    neighbours: int = Field(12, ge=1, description="S, the global neighbours of an item")
    window: int = Field(3, ge=1, description="items at most this far apart are global neighbours")
    tags: bool = Field(True, description="add the factors of the games' tags to the items' vectors")
    context: bool = Field(True, description="add learnt embeddings of the games' metadata")
    dropout_local: float = Field(0.0, ge=0, lt=1, description="on the local graph's output")
    dropout_global: float = Field(0.5, ge=0, lt=1, description="on the global graph's output")
    dropout_gcn: float = Field(0.2, ge=0, lt=1, description="inside the global aggregation")
    graph_seed: int = Field(0, ge=0, description="seed of the draws for items with few neighbours")


class GCEGNN(SessionModel):
    """Graph attention within the session and over all sessions; ``GCEGNN.build`` fits its size to a dataset.

    Args:
        settings: size, parts, dropouts.
        item_count: V.
    """

    settings_type: ClassVar[type[Settings]] = GCEGNNSettings
    numbered: ClassVar[tuple[str, ...]] = ("context.",)
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
        """A model of the dataset's size, with its tags and metadata; its weights are not drawn yet.

        Raises:
            SettingsError: the dataset has no tags, or their factors have another dimension.
        """
        assert isinstance(settings, GCEGNNSettings)
        model = cls(settings, dataset.item_count)
        if settings.tags and not dataset.has_games:
            raise SettingsError(
                f"{dataset.path} has no tags: set gce-gnn.tags=false and gce-gnn.context=false (in Python"
                ' settings={"tags": False, "context": False})'
            )
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
                    values=len(values.names),
                    dimension=settings.dimension,
                )
        return model

    def initialise(self, seed: int) -> None:
        """Draw all weights from U(-1/sqrt(D), 1/sqrt(D)), as the authors do."""
        draw_uniform(self, self.settings.dimension, seed)

    def prepare(self, items: Ints, sessions: Ints) -> None:
        """Count the global graph of the training sequences into the buffers."""
        settings = self.settings
        neighbours_VS, weights_VS = global_graph(
            items,
            sessions,
            self.embedding.num_embeddings - 1,
            window=settings.window,
            neighbours=settings.neighbours,
            seed=settings.graph_seed,
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
        if graph_is_recorded():
            hops = [hop for hop in self.hops if isinstance(hop, GlobalAggregation)]
            graph = self.neighbours_VS, self.weights_VS
            return encode_padded(self.local, hops, self.readout, *graph, items_BL, table_VD)
        settings, placed = self.settings, positions(items_BL)
        levels, nodes_P = self._levels(placed, table_VD)
        nodes_ND = levels[0].vectors_ND
        hidden_ND = self.local(nodes_ND, nodes_P, placed.sessions_P)
        # A node's dropout is drawn once, no matter how often its item occurs in the session.
        hidden_ND = dropout(hidden_ND, settings.dropout_local, self.training)
        if len(self.hops):
            global_ND = self._global(levels, placed.mean(F.embedding(nodes_P, nodes_ND)))
            hidden_ND = hidden_ND + dropout(global_ND, settings.dropout_global, self.training)
        session_BD: Tensor = self.readout(F.embedding(nodes_P, hidden_ND), placed)
        return session_BD

    def _levels(self, placed: Positions, table_VD: Tensor) -> tuple["list[Level]", Tensor]:
        """The sessions' items, their global neighbours, and so on; and each position's place in level one.

        A level has each pair of session and item once, sorted by session.
        """
        size = table_VD.shape[0]
        keys_N, nodes_P = distinct(placed.sessions_P * size + placed.items_P)
        keys, edges = [keys_N], []
        for _ in self.hops:
            items_N = keys[-1] % size
            starts_N1 = (keys[-1] - items_N)[:, None]
            keys_N, places_NS = distinct(starts_N1 + F.embedding(items_N, self.neighbours_VS))
            keys.append(keys_N)
            edges.append((places_NS, F.embedding(items_N, self.weights_VS)))
        # One lookup serves all levels. Its gradient is sparse: a dense one would be as large as the table.
        all_ND = F.embedding(torch.cat(keys) % size, table_VD, sparse=self.training)
        vectors = torch.split(all_ND, [part.shape[0] for part in keys])
        padded: list[tuple[Tensor | None, Tensor | None]] = [*edges, (None, None)]
        levels = [
            Level(vectors_ND, part // size, places_NS, weights_NS)
            for vectors_ND, part, (places_NS, weights_NS) in zip(vectors, keys, padded, strict=True)
        ]
        return levels, nodes_P

    def _global(self, levels: "list[Level]", mean_BD: Tensor) -> Tensor:
        """The first level's vectors after all hops: the farthest neighbours first (section 4.1)."""
        vectors = [level.vectors_ND for level in levels]
        for hop in self.hops:
            vectors = [
                hop(inner, outer, mean_BD, farther.sessions_N, level.places_NS, level.weights_NS)
                for inner, outer, level, farther in zip(
                    vectors[:-1], vectors[1:], levels[:-1], levels[1:], strict=False
                )
            ]
        return vectors[0]


@dataclass(frozen=True)
class Level:
    """Pairs of session and item at one distance from the sessions' own items.

    Attributes:
        vectors_ND: the items' vectors.
        sessions_N: int64, the session of each.
        places_NS: int64, the places of each pair's neighbours in the next level; None in the last.
        weights_NS: how often they meet; None in the last.
    """

    vectors_ND: Tensor
    sessions_N: Tensor
    places_NS: Tensor | None
    weights_NS: Tensor | None


def distinct(keys: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct keys [N], ascending, and the place of each key among them, in the shape of ``keys``."""
    found, places = torch.unique(keys, return_inverse=True)
    return found, places


class MetadataEmbedding(nn.Module):
    """A learnt vector for each value of one kind of metadata; an item gets the mean over its values."""

    ids_M: Tensor
    offsets: Tensor

    def __init__(self, ids_M: Tensor, offsets: Tensor, *, values: int, dimension: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(values, dimension))
        self.register_buffer("ids_M", ids_M)
        self.register_buffer("offsets", offsets)

    def forward(self) -> Tensor:
        """[V + 1, D]; row 0 is zero."""
        return F.embedding_bag(self.ids_M, self.table, self.offsets, mode="mean", include_last_offset=True)


def scaled_factors(factors_VD: Tensor) -> Tensor:
    """The tag factors, scaled to the mean row length of a freshly drawn embedding: sqrt(1 / 3)."""
    norms_V = factors_VD.norm(dim=1)
    tagged = norms_V > 0
    if not tagged.any():
        return factors_VD
    scaled: Tensor = factors_VD * (3**-0.5 / norms_V[tagged].mean())
    return scaled
