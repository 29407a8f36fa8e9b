"""GCE-GNN against the outputs of its authors' own code, and each part of SRec's modification."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_gce import session_vector

from srec.errors import SettingsError
from srec.models import gce_gnn, gce_layers
from srec.models.gce_gnn import GCEGNN, GCEGNNSettings
from srec.models.gce_padded import encode_padded
from srec.testing.toys import chains, write_dataset

# Our names, then theirs; the aggregations and the edges are added below.
NAMES = {
    "embedding.weight": "embedding.weight",
    "readout.positions.weight": "pos_embedding.weight",
    "readout.position_merge": "w_1",
    "readout.energy": "w_2",
    "readout.gate.weight": "glu1.weight",
    "readout.gate.bias": "glu1.bias",
    "readout.mean_gate.weight": "glu2.weight",
}


def theirs(golden: dict[str, np.ndarray], kind: str, hops: int) -> dict[str, torch.Tensor]:
    names = dict(NAMES)
    for hop in range(hops):
        for ours, name in (("similarity", "w_1"), ("energy", "w_2"), ("merge", "w_3")):
            names[f"hops.{hop}.{ours}"] = f"agg_gcn_{hop}.{name}"
    found = {ours: torch.from_numpy(golden[f"{kind}.{name}"]) for ours, name in names.items()}
    edges = [golden[f"{kind}.local_agg.a_{at}"].T for at in range(4)]
    return found | {"local.edges_4D": torch.from_numpy(np.concatenate(edges))}


@pytest.mark.parametrize("hops", [1, 2])
def test_the_authors_logits_loss_and_gradients(shared_golden: Path, hops: int) -> None:
    with np.load(shared_golden / f"gce_gnn_hop{hops}.npz", allow_pickle=False) as file:
        golden = dict(file)
    shape = GCEGNNSettings(dimension=16, hops=hops, neighbours=6, tags=False, context=False)
    model = GCEGNN(shape, item_count=60)
    state = theirs(golden, "param", hops)
    state["neighbours_VS"] = torch.from_numpy(golden["neighbors"]).long()
    state["weights_VS"] = torch.from_numpy(golden["neighbor_weights"])
    model.load_state_dict(state)
    model.eval()

    items = torch.from_numpy(golden["sessions"]).long()
    table = model.item_table()
    logits = model.encode(items, table) @ table[1:].T
    np.testing.assert_allclose(logits.detach().numpy(), golden["logits"], atol=1e-5)

    loss, _ = model.loss(items, torch.from_numpy(golden["targets"]).long())
    assert loss.item() == pytest.approx(float(golden["loss"]), abs=1e-6)
    loss.backward()
    ours = dict(model.named_parameters())
    for name, gradient in theirs(golden, "grad", hops).items():
        scale = gradient.abs().max()
        assert (ours[name].grad - gradient).abs().max() <= 1e-5 * scale, name


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 7), min_size=1, max_size=7), min_size=1, max_size=5),
    st.lists(st.lists(st.integers(0, 7), min_size=3, max_size=3), min_size=8, max_size=8),
    st.integers(0, 3),
    st.integers(0, 2**16),
)
def test_it_is_the_slow_model_whatever_the_sessions_and_the_graph(
    sessions: list[list[int]], neighbours: list[list[int]], hops: int, seed: int
) -> None:
    """Repeated and single items, and items that list themselves, the padding, or one neighbour many times."""
    shape = GCEGNNSettings(dimension=5, hops=hops, neighbours=3, tags=False, context=False)
    model = GCEGNN(shape, item_count=7)
    model.initialise(seed)
    model.neighbours_VS = torch.tensor(neighbours)
    model.weights_VS = torch.randint(0, 5, (8, 3), generator=torch.Generator().manual_seed(seed)).float()
    model.eval()
    length = max(map(len, sessions))
    items = torch.tensor([session + [0] * (length - len(session)) for session in sessions])
    table = model.item_table()
    slow = torch.stack([session_vector(model, table, session) for session in sessions])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gce_layers, "BLOCK", 4)  # several blocks, of a few sessions each
        fast = model.encode(items, table)
    torch.testing.assert_close(fast, slow, atol=1e-5, rtol=1e-4)
    graph = model.neighbours_VS, model.weights_VS
    padded = encode_padded(model.local, list(model.hops), model.readout, *graph, items, table)
    torch.testing.assert_close(padded, slow, atol=1e-5, rtol=1e-4)
    towards = torch.randn(fast.shape, generator=torch.Generator().manual_seed(seed))
    parameters = dict(model.named_parameters())
    wanted = torch.autograd.grad((slow * towards).sum(), list(parameters.values()), allow_unused=True)
    found = torch.autograd.grad((fast * towards).sum(), list(parameters.values()), allow_unused=True)
    largest = max(float(gradient.abs().max()) for gradient in wanted if gradient is not None)
    for name, ours, theirs in zip(parameters, found, wanted, strict=True):
        theirs = torch.zeros_like(parameters[name]) if theirs is None else theirs
        ours = torch.zeros_like(theirs) if ours is None else ours
        assert float((ours - theirs).abs().max()) <= 1e-5 * largest, name


@pytest.mark.parametrize("hops", [0, 1, 2])
def test_each_dropout_is_where_the_authors_have_it(hops: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each dropout is replaced by its expectation, without rescaling, so that each changes the result."""
    for module in (gce_layers, gce_gnn):
        monkeypatch.setattr(
            module, "dropout", lambda vectors, share, training: vectors * (1 - share if training else 1)
        )
    shares = {"dropout_local": 0.3, "dropout_global": 0.6, "dropout_gcn": 0.1}
    shape = GCEGNNSettings(dimension=5, hops=hops, neighbours=3, tags=False, context=False, **shares)
    model = GCEGNN(shape, item_count=7)
    model.initialise(0)
    generator = torch.Generator().manual_seed(0)
    model.neighbours_VS = torch.randint(0, 8, (8, 3), generator=generator)
    model.weights_VS = torch.randint(0, 5, (8, 3), generator=generator).float()
    sessions = [[1, 2, 1, 3], [4, 5, 6, 7]]
    model.train()
    table = model.item_table()
    slow = [
        session_vector(model, table, session, lambda vector, share: vector * (1 - share))
        for session in sessions
    ]
    torch.testing.assert_close(model.encode(torch.tensor(sessions), table), torch.stack(slow))


def build(path: Path, **parts: object) -> GCEGNN:
    dataset = write_dataset(path, chains(10, 20, seed=0, noise=False), 10)
    model = GCEGNN.build(dataset, GCEGNNSettings(dimension=8, **parts))
    model.initialise(seed=0)
    return model


def test_each_part_of_the_item_vector_can_be_switched(tmp_path: Path) -> None:
    plain = build(tmp_path / "a", tags=False, context=False).item_table()
    tags = build(tmp_path / "a", tags=True, context=False).item_table()
    context = build(tmp_path / "a", tags=False, context=True).item_table()
    both = build(tmp_path / "a", tags=True, context=True)
    assert not torch.equal(plain, tags)
    assert not torch.equal(plain, context)
    # The learnt embedding is drawn first, so subtraction separates the parts.
    tag_part, context_part = tags - plain, context - plain
    assert torch.equal(both.tags_VD, both.tags_VD.clamp(min=0)), "NMF factors are not negative"
    torch.testing.assert_close(both.item_table() - plain, tag_part + context_part)


def test_without_hops_the_global_graph_plays_no_part(tmp_path: Path) -> None:
    model = build(tmp_path / "a", hops=0)
    items = torch.tensor([[1, 2, 3]])
    before = model(items)
    model.neighbours_VS = torch.randint(1, 10, model.neighbours_VS.shape)
    assert torch.equal(model(items), before)


def test_tags_of_another_dimension_are_refused(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "a", chains(10, 20, seed=0, noise=False), 10, dimension=4)
    with pytest.raises(SettingsError, match=r"4 factors.*dimension 8.*tags\.dimension"):
        GCEGNN.build(dataset, GCEGNNSettings(dimension=8))


def test_the_order_of_a_session_matters(tmp_path: Path) -> None:
    model = build(tmp_path / "a").eval()
    assert not torch.allclose(model(torch.tensor([[1, 2, 3]])), model(torch.tensor([[3, 2, 1]])))
