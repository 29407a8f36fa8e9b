"""GCE-GNN against the outputs of its authors' own code, and each part of SRec's modification."""

from pathlib import Path

import numpy as np
import pytest
import torch
from toys import chains, write_dataset

from srec.errors import SettingsError
from srec.models.gce_gnn import GCEGNN, GCEGNNSettings

# Ours, and theirs; the aggregations and the edges are added below.
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
    settings = GCEGNNSettings(dimension=16, hops=hops, neighbours=6, tags=False, context=False)
    model = GCEGNN(settings, item_count=60)
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


def build(path: Path, **settings: object) -> GCEGNN:
    dataset = write_dataset(path, chains(10, 20, seed=0, noise=False), 10)
    model = GCEGNN.build(dataset, GCEGNNSettings(dimension=8, **settings))
    model.initialise(seed=0)
    return model


def test_each_part_of_the_item_vector_can_be_switched(tmp_path: Path) -> None:
    plain = build(tmp_path / "a", tags=False, context=False).item_table()
    tags = build(tmp_path / "a", tags=True, context=False).item_table()
    context = build(tmp_path / "a", tags=False, context=True).item_table()
    both = build(tmp_path / "a", tags=True, context=True)
    assert not torch.equal(plain, tags)
    assert not torch.equal(plain, context)
    # The learnt embedding is drawn first, so the parts can be told apart by subtraction.
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
