"""The contenders that PyTorch runs, or that are made from its graph."""

import functools
import importlib
import importlib.util

import torch

from srec.errors import SRecError
from srec.inference.export import FoldedEncoder, quiet
from srec.inference.formats import format_module
from srec.inference.formats.aotinductor import SHORTEST, exported, need_compiler
from srec.inference.formats.artefact import EncodedScorer, torch_encode
from srec_bench.inference.contender import Scoring
from srec_bench.inference.subject import Subject


def contiguous(subject: Subject) -> Scoring:
    """SRec's torch model as in the evaluation: no padding, a contiguous transposed item matrix."""
    return Scoring(subject.torch_scorer)


def exported_as(name: str, subject: Subject) -> Scoring:
    """An export of ``srec export --format``, loaded again."""
    module, path = format_module(name), subject.folder / name
    module.write(subject.dataset, subject.run, path)
    return Scoring(EncodedScorer(module.open_encoder(path), subject.items_VD))


torchscript = functools.partial(exported_as, "torchscript")
openvino = functools.partial(exported_as, "openvino")
aotinductor = functools.partial(exported_as, "aotinductor")


def compiled(subject: Subject) -> Scoring:
    """torch.compile of the exported graph, in this process."""
    need_compiler()
    with quiet(), torch.no_grad():
        graph = exported(FoldedEncoder(subject.model).eval()).module()
        encode = torch_encode(torch.compile(graph, dynamic=True), SHORTEST)
        encode(subject.dataset.sequences.items[:1][None])
    return Scoring(EncodedScorer(encode, subject.items_VD))


def ipex(subject: Subject) -> Scoring:
    """IPEX's optimised graph, traced and frozen.

    Raises:
        SRecError: it cannot run here; the message has the reason and an environment that works.
    """
    name = "intel_extension_for_pytorch"
    if importlib.util.find_spec(name) and (subject.folder / "torchscript").exists():
        raise SRecError(
            "importing IPEX changes TorchScript in the whole process: measure it without torchscript,"
            " --contenders eager,ipex,onnx-float32"
        )
    try:
        library = importlib.import_module(name)
    except (ImportError, OSError, SystemExit) as error:
        raise SRecError(
            "IPEX is archived; its last version, 2.8.0, refuses every torch except 2.8, and this is"
            f" {torch.__version__}. It works in an environment of its own: pip install torch==2.8.0"
            f" intel-extension-for-pytorch==2.8.0 and SRec ({str(error).strip() or type(error).__name__})"
        ) from error
    example_BL = torch.tensor([[1, 1, 1], [1, 1, 0]])
    with quiet(), torch.no_grad():
        optimised = library.optimize(FoldedEncoder(subject.model).eval(), dtype=torch.float32)
        traced = torch.jit.trace(optimised, (example_BL,), check_trace=False)  # type: ignore[no-untyped-call]
        frozen = torch.jit.freeze(traced)
    # The input is padded: IPEX's kernels crash on an empty product, which a session of one item has.
    return Scoring(EncodedScorer(torch_encode(frozen, SHORTEST), subject.items_VD))
