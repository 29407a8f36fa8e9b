"""The loss over all items, written so that the large matrices are passed over as few times as can be.

Shapes: B examples, V items, D dimension.
"""

from typing import Any

import torch
from torch import Tensor


class _FullSoftmax(torch.autograd.Function):
    """Turns the logits into their gradient in place: one buffer of [B, V + 1]."""

    @staticmethod
    def forward(context: Any, vectors_BD: Tensor, table_VD: Tensor, targets_B: Tensor) -> Tensor:
        logits_BV = vectors_BD @ table_VD.T
        logits_BV[:, 0] = -torch.inf
        highest_B1 = logits_BV.amax(1, keepdim=True)
        target_B1 = logits_BV.gather(1, targets_B[:, None]) - highest_B1
        logits_BV.sub_(highest_B1).exp_()
        sums_B1 = logits_BV.sum(1, keepdim=True)
        loss = (sums_B1.log() - target_B1).mean()
        logits_BV.mul_(1 / (sums_B1 * len(targets_B)))
        one = logits_BV.new_full((1,), -1 / len(targets_B)).expand(len(targets_B), 1)
        logits_BV.scatter_add_(1, targets_B[:, None], one)
        context.save_for_backward(logits_BV, vectors_BD, table_VD)
        return loss

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        gradient_BV, vectors_BD, table_VD = context.saved_tensors
        (scale,) = gradients
        return (gradient_BV @ table_VD).mul_(scale), gradient_BV.T @ (vectors_BD * scale), None


def full_softmax(vectors_BD: Tensor, table_VD: Tensor, targets_B: Tensor) -> Tensor:
    """The mean cross-entropy of the targets (1..V) over all items but the padding; a scalar.

    Args:
        vectors_BD: the sessions' vectors.
        table_VD: [V + 1, D], row 0 the padding's.
        targets_B: int64.
    """
    loss: Tensor = _FullSoftmax.apply(vectors_BD, table_VD, targets_B)  # type: ignore[no-untyped-call]
    return loss
