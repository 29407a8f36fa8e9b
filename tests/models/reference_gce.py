"""GCE-GNN, written session by session and item by item: slow, and as close to the paper as possible."""

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from srec.models.gce_gnn import GCEGNN

SLOPE = 0.2
#: The effect of a dropout share on a vector.
Drop = Callable[[Tensor, float], Tensor]


def session_vector(
    model: GCEGNN, table: Tensor, session: list[int], drop: Drop = lambda vector, share: vector
) -> Tensor:
    """The vector of one session (items, oldest first)."""
    settings = model.settings
    newest_first = session[::-1]
    nodes = sorted(set(session))
    mean = torch.stack([table[item] for item in session]).mean(0)
    hidden = {
        item: drop(_local(model, table, newest_first, nodes, item), settings.dropout_local) for item in nodes
    }
    if len(model.hops):
        hidden = {
            item: vector
            + drop(_global(model, table, mean, item, len(model.hops), drop), settings.dropout_global)
            for item, vector in hidden.items()
        }
    readout = model.readout
    states = [hidden[item] for item in newest_first]
    average = torch.stack(states).mean(0)
    total = torch.zeros_like(average)
    for place, state in enumerate(states):
        placed = torch.tanh(torch.cat((readout.positions.weight[place], state)) @ readout.position_merge)
        gate = torch.sigmoid(readout.gate(placed) + readout.mean_gate(average))
        total = total + (gate @ readout.energy) * state
    return total


def _local(model: GCEGNN, table: Tensor, newest_first: list[int], nodes: list[int], item: int) -> Tensor:
    steps = {(a, b) for a, b in itertools.pairwise(newest_first) if a != b}
    energies, seen = [], []
    for other in nodes:
        if other == item:
            kind = 0
        elif (item, other) in steps and (other, item) in steps:
            kind = 3
        elif (item, other) in steps:
            kind = 1
        elif (other, item) in steps:
            kind = 2
        else:
            continue
        energy = (table[item] * model.local.edges_4D[kind]) @ table[other]
        energies.append(torch.nn.functional.leaky_relu(energy, SLOPE))
        seen.append(table[other])
    return torch.stack(energies).softmax(0) @ torch.stack(seen)


def _global(model: GCEGNN, table: Tensor, mean: Tensor, item: int, hop: int, drop: Drop) -> Tensor:
    """The item's vector after this many hops, from its own and its neighbours' after one hop less."""
    if hop == 0:
        return table[item]
    layer = model.hops[hop - 1]
    near, energies = [], []
    for neighbour, weight in zip(
        model.neighbours_VS[item].tolist(), model.weights_VS[item].tolist(), strict=True
    ):
        vector = _global(model, table, mean, neighbour, hop - 1, drop)
        given = torch.cat((mean * vector, torch.tensor([weight])))
        energies.append(torch.nn.functional.leaky_relu(given @ layer.similarity, SLOPE) @ layer.energy)
        near.append(vector)
    around = torch.cat(energies).softmax(0) @ torch.stack(near)
    own = _global(model, table, mean, item, hop - 1, drop)
    return torch.relu(drop(torch.cat((own, around)), model.settings.dropout_gcn) @ layer.merge)
