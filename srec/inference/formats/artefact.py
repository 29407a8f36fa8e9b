"""What the formats share: an encoder beside the items' vectors and app ids, checked before it appears.

Row j of both arrays is item j + 1. Shapes: B sessions, L positions, V items, D dimension.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from srec.artifacts import fingerprint, is_current, verify, write_directory
from srec.dataset.dataset import Dataset, Floats
from srec.inference.export import FoldedEncoder, check_parity, quiet
from srec.models.base import ItemsBL, ScoresBV, VectorsBD
from srec.models.session_model import TorchScorer
from srec.training.runs import Run

VERSION = 1
Encode = Callable[[ItemsBL], VectorsBD]  # int [B, L], padded with 0 on the right, to float32 [B, D]


class EncodedScorer:
    """An encoder and the items' vectors as a Scorer.

    Args:
        encode: sessions to vectors.
        items_VD: float32 [V, D].
    """

    def __init__(self, encode: Encode, items_VD: Floats) -> None:
        self.encode = encode
        self._transposed_DV = np.ascontiguousarray(items_VD.T, np.float32)

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Logits of the items 1..V, float32 [B, V]."""
        scores_BV: ScoresBV = self.encode(items_BL) @ self._transposed_DV
        return scores_BV


def write_artefact(
    kind: str,
    dataset: Dataset,
    run: Run,
    *,
    target: Path,
    write: Callable[[FoldedEncoder, Path], None],
    read: Callable[[Path], Encode],
) -> None:
    """Write a directory of a format, unless it is there, and check that it scores as the torch model does.

    Args:
        kind: the format.
        dataset: what the run was trained on.
        run: the trained model.
        target: where the directory shall appear.
        write: writes the encoder's files into a folder.
        read: reads them back.

    Raises:
        ArtifactError: the run belongs to another dataset, or the export scores differently.
    """
    inputs = {"dataset": dataset.fingerprint, "run": fingerprint(run.path)}
    if is_current(target, kind, VERSION, inputs=inputs, parameters={}):
        return
    model = run.load(dataset)
    trained = TorchScorer(model)
    items_VD = trained.table_VD[1:].numpy()
    with write_directory(target, kind, VERSION, inputs=inputs) as draft:
        np.save(draft.path / "items.npy", items_VD)
        np.save(draft.path / "app_ids.npy", np.asarray(dataset.app_ids[1:]))
        with quiet():
            write(FoldedEncoder(model).eval(), draft.path)
            exported = EncodedScorer(read(draft.path), items_VD)
        check_parity(trained, exported, dataset=dataset, max_length=run.training.max_length)


def checked(path: Path, kind: str) -> Path:
    """The path, once every checksum is found right.

    Args:
        path: the directory.
        kind: the format it must be of.

    Raises:
        ArtifactError: it is not such a directory, or it is damaged.
    """
    verify(path, kind, VERSION)
    return path


def torch_encode(module: Callable[[torch.Tensor], torch.Tensor], shortest: int = 1) -> Encode:
    """A torch callable as an encoder of arrays.

    Args:
        module: int64 [B, L] to float32 [B, D].
        shortest: the fewest columns it takes; shorter input is padded.
    """

    def encode(items_BL: ItemsBL) -> VectorsBD:
        lacking = max(0, shortest - items_BL.shape[1])
        padded_BL = np.pad(items_BL, ((0, 0), (0, lacking))) if lacking else items_BL
        with torch.inference_mode():
            vectors = module(torch.from_numpy(np.ascontiguousarray(padded_BL, np.int64)))
            vectors_BD: VectorsBD = vectors.numpy()
        return vectors_BD

    return encode
