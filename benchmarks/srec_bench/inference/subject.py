"""The origin of all contenders: one trained model, exported once."""

from dataclasses import dataclass
from pathlib import Path

from srec.dataset.dataset import Dataset, Floats
from srec.inference.exact import ExactTopK
from srec.inference.export import encoder_onnx
from srec.inference.formats.artefact import Encode
from srec.inference.runtimes.onnx import OnnxEncoder
from srec.models.session_model import SessionModel, TorchScorer
from srec.training.runs import Run


@dataclass(frozen=True)
class Subject:
    """A trained model, and a folder to build in.

    Attributes:
        dataset: the model's dataset.
        run: the run that trained it.
        model: the model in evaluation mode.
        torch_scorer: SRec's torch path.
        items_VD: float32 [V, D].
        encoder: the ONNX file, in float32.
        encode: the encoder in ONNX Runtime; its vectors define the order.
        index: SRec's index of the items.
        folder: the folder for the contenders' files.
    """

    dataset: Dataset
    run: Run
    model: SessionModel
    torch_scorer: TorchScorer
    items_VD: Floats
    encoder: Path
    encode: Encode
    index: ExactTopK
    folder: Path

    @classmethod
    def build(cls, dataset: Dataset, run: Run, folder: Path) -> "Subject":
        """Load a run and export its encoder into a folder."""
        model = run.load(dataset)
        torch_scorer = TorchScorer(model)
        items_VD = torch_scorer.table_VD[1:].numpy()
        encoder = folder / "encoder.onnx"
        encoder.write_bytes(encoder_onnx(model))
        runtime = OnnxEncoder(encoder)
        index = ExactTopK(items_VD, typical_BD=runtime.typical(len(items_VD)))
        return cls(dataset, run, model, torch_scorer, items_VD, encoder, runtime.encode, index, folder)
