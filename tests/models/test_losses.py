"""The loss in blocks against its plain definition."""

import pytest
import torch

from srec.models import losses
from srec.models.losses import full_softmax, shared


@pytest.mark.parametrize("block", [7, 50, 1024])
@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_it_is_the_cross_entropy(monkeypatch: pytest.MonkeyPatch, block: int, scale: float) -> None:
    monkeypatch.setattr(losses, "BLOCK", block)
    generator = torch.Generator().manual_seed(0)
    vectors = (scale * torch.randn(9, 6, generator=generator)).requires_grad_()
    table = torch.randn(51, 6, generator=generator).requires_grad_()
    targets = torch.tensor([1, 2, 50, 7, 8, 7, 49, 13, 14])
    wanted = torch.nn.functional.cross_entropy(vectors @ table[1:].T, targets - 1)
    found = full_softmax(vectors, table, targets)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)
    for ours, theirs in zip(
        torch.autograd.grad(3 * found, (vectors, table)),
        torch.autograd.grad(3 * wanted, (vectors, table)),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("sparse", [True, False])
def test_a_shared_table_gets_the_gradients_of_both_uses(sparse: bool) -> None:
    table = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    rows = torch.tensor([1, 1, 4])
    read, scored = shared(table)
    (torch.nn.functional.embedding(rows, read, sparse=sparse).sum() + (scored * 2).sum()).backward()
    assert table.grad is not None
    assert table.grad[:, 0].tolist() == [2, 4, 2, 2, 3]
