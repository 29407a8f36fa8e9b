"""The contenders that ONNX Runtime runs in float32: scoring everything, pruned, and SRec's exact search."""

import copy

import torch
from torch import nn

from srec.inference.export import encoder_onnx
from srec.inference.runtimes.onnx import OnnxScorer
from srec.models.gce_gnn import MetadataEmbedding
from srec.models.session_model import SessionModel
from srec_bench.inference.contender import Scoring, Searching
from srec_bench.inference.subject import Subject


def float32(subject: Subject) -> Scoring:
    """The encoder in ONNX Runtime; one float32 product scores every item."""
    return Scoring(OnnxScorer(subject.encoder, subject.items_VD))


def exact(subject: Subject) -> Searching:
    """SRec's own route: the same encoder, and the exact int8 scan that finds the best items."""
    return Searching(subject.encode, subject.index)


def pruned(share: float, subject: Subject) -> Scoring:
    """The float32 route of an encoder whose smallest weights are zero.

    Args:
        share: the share of each weight matrix.
        subject: the model.
    """
    file = subject.folder / f"pruned-{share}.onnx"
    file.write_bytes(encoder_onnx(prune(subject.model, share)))
    return Scoring(OnnxScorer(file, subject.items_VD))


def prune(model: SessionModel, share: float) -> SessionModel:
    """A copy of a model in which this share of each encoder matrix, the smallest weights, is zero.

    Biases and the embeddings of items, positions and metadata stay as they are.
    """
    made = copy.deepcopy(model)
    with torch.no_grad():
        for module in made.modules():
            if isinstance(module, nn.Embedding | MetadataEmbedding):
                continue
            for weight in module.parameters(recurse=False):
                count = int(share * weight.numel())
                if weight.ndim > 1 and count:
                    smallest = weight.abs().flatten().argsort(stable=True)[:count]
                    weight.view(-1)[smallest] = 0
    return made
