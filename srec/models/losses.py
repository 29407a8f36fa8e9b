"""The loss over all items, written so that it passes over the large matrices as few times as possible.

Shapes: B examples, V items, D dimension.
"""

from typing import Any

import torch
from torch import Tensor

BLOCK = 1024  # items whose logits stay in a core's cache


class _FullSoftmax(torch.autograd.Function):
    """Works through the items in blocks that fit the cache."""

    @staticmethod
    def forward(context: Any, vectors_BD: Tensor, table_VD: Tensor, targets_B: Tensor) -> Tensor:
        raised: list[Tensor] = []
        highest: list[Tensor] = []
        sums: list[Tensor] = []
        for rows_CD in torch.split(table_VD, BLOCK):
            logits_BC = vectors_BD @ rows_CD.T
            if not raised:
                logits_BC[:, 0] = -torch.inf
            highest.append(logits_BC.amax(1, keepdim=True))
            raised.append(logits_BC.sub_(highest[-1]).exp_())
            sums.append(logits_BC.sum(1, keepdim=True))
        # Each block was scaled by its own highest logit; now all are scaled by the highest of all.
        highest_BK, sums_BK = torch.cat(highest, 1), torch.cat(sums, 1)
        highest_B1 = highest_BK.amax(1, keepdim=True)
        scales_BK = (highest_BK - highest_B1).exp_()
        total_B1 = (sums_BK * scales_BK).sum(1, keepdim=True)
        context.raised, context.shares_BK = raised, scales_BK / total_B1
        context.save_for_backward(vectors_BD, table_VD, targets_B)
        target_B = (vectors_BD * table_VD.index_select(0, targets_B)).sum(1)
        return (total_B1.log() + highest_B1).squeeze(1).sub_(target_B).mean()

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        vectors_BD, table_VD, targets_B = context.saved_tensors
        scale = gradients[0] / len(targets_B)
        shares = torch.split(context.shares_BK * scale, 1, 1)
        table_gradient_VD = torch.empty_like(table_VD)
        vectors_gradient_BD = table_VD.index_select(0, targets_B).mul_(-scale)
        blocks = zip(
            context.raised,
            shares,
            torch.split(table_VD, BLOCK),
            torch.split(table_gradient_VD, BLOCK),
            strict=True,
        )
        for raised_BC, share_B1, rows_CD, gradient_CD in blocks:
            logits_gradient_BC = raised_BC * share_B1
            vectors_gradient_BD.addmm_(logits_gradient_BC, rows_CD)
            torch.mm(logits_gradient_BC.T, vectors_BD, out=gradient_CD)
        table_gradient_VD.index_add_(0, targets_B, vectors_BD * -scale)
        return vectors_gradient_BD, table_gradient_VD, None


def full_softmax(vectors_BD: Tensor, table_VD: Tensor, targets_B: Tensor) -> Tensor:
    """The mean cross-entropy of the targets (1..V) over all items except the padding; a float32 scalar.

    Args:
        vectors_BD: the sessions' vectors.
        table_VD: [V + 1, D], row 0 the padding's.
        targets_B: int64.
    """
    with torch.autocast(vectors_BD.device.type, enabled=False):
        loss: Tensor = _FullSoftmax.apply(  # type: ignore[no-untyped-call]
            vectors_BD.float(), table_VD, targets_B
        )
    return loss


class _Shared(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, table_VD: Tensor) -> tuple[Tensor, Tensor]:
        context.set_materialize_grads(False)
        return table_VD.view_as(table_VD), table_VD.view_as(table_VD)

    @staticmethod
    def backward(context: Any, *gradients: Any) -> Any:
        read_VD, scored_VD = gradients
        if scored_VD is None or read_VD is None:
            return read_VD if scored_VD is None else scored_VD
        if not read_VD.is_sparse:
            return scored_VD + read_VD
        return scored_VD.index_add_(0, read_VD._indices()[0], read_VD._values())


def shared(table_VD: Tensor) -> tuple[Tensor, Tensor]:
    """The items' vectors twice: one to read rows from, one to score against.

    Gradients of rows that were read with ``F.embedding(..., sparse=True)`` are added in place to the dense
    gradient of the scores; autograd would copy the whole table for that.
    """
    read_VD, scored_VD = _Shared.apply(table_VD)  # type: ignore[no-untyped-call]
    return read_VD, scored_VD
