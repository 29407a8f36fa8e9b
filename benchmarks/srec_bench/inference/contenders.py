"""All contenders: one line each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from srec.errors import MissingLibrary, SettingsError
from srec_bench.inference.contender import Contender
from srec_bench.inference.subject import Subject


@dataclass(frozen=True)
class ContenderEntry:
    """Where to find the maker of a contender.

    Attributes:
        module: its file.
        name: its function, which gets ``given`` and then the Subject.
        what: the contender in words.
        given: the function's first arguments.
    """

    module: str
    name: str
    what: str
    given: tuple[Any, ...] = ()

    def make(self, subject: Subject) -> Contender:
        """The contender.

        Raises:
            SRecError: it cannot run here or with this model; the message says why.
        """
        try:
            maker = getattr(import_module(f"srec_bench.inference.{self.module}"), self.name)
        except ModuleNotFoundError as error:
            raise MissingLibrary(str(error.name), "train") from error
        return cast("Contender", cast("Callable[..., Any]", maker)(*self.given, subject))


CONTENDERS: dict[str, ContenderEntry] = {
    "eager": ContenderEntry("eager", "eager", "PyTorch eager, the authors' layout: the reference of speed"),
    "eager-contiguous": ContenderEntry("torch_routes", "contiguous", "PyTorch eager, SRec's layers"),
    "torchscript": ContenderEntry("torch_routes", "torchscript", "TorchScript, traced and frozen"),
    "torch-compile": ContenderEntry("torch_routes", "compiled", "torch.compile"),
    "aotinductor": ContenderEntry("torch_routes", "aotinductor", "AOTInductor"),
    "ipex": ContenderEntry("torch_routes", "ipex", "IPEX and TorchScript"),
    "openvino": ContenderEntry("torch_routes", "openvino", "OpenVINO, float32"),
    "onnx-float32": ContenderEntry("onnx_routes", "float32", "ONNX Runtime, float32"),
    "dynamic-int8": ContenderEntry(
        "quantised", "dynamic", "ONNX Runtime, dynamic int8, per tensor", (False,)
    ),
    "dynamic-int8-channel": ContenderEntry(
        "quantised", "dynamic", "ONNX Runtime, dynamic int8, per channel", (True,)
    ),
    "dynamic-int8-body": ContenderEntry("quantised", "dynamic_body", "dynamic int8 encoder, float32 scores"),
    "static-int8": ContenderEntry("quantised", "static", "ONNX Runtime, static int8, calibrated"),
    "pruned-30": ContenderEntry("onnx_routes", "pruned", "30 % of the encoder's weights zero", (0.3,)),
    "pruned-50": ContenderEntry("onnx_routes", "pruned", "50 % of the encoder's weights zero", (0.5,)),
    "pruned-70": ContenderEntry("onnx_routes", "pruned", "70 % of the encoder's weights zero", (0.7,)),
    "pruned-90": ContenderEntry("onnx_routes", "pruned", "90 % of the encoder's weights zero", (0.9,)),
    "srec": ContenderEntry("onnx_routes", "exact", "SRec: float32 encoder, exact int8 search"),
}


def chosen(names: str | None) -> Sequence[str]:
    """The contenders of a comma-separated list, in the table's order; None means all.

    Raises:
        SettingsError: a name is not in the table.
    """
    if names is None:
        return list(CONTENDERS)
    wanted = {name.strip() for name in names.split(",")}
    if unknown := wanted - CONTENDERS.keys():
        raise SettingsError(
            f"there is no contender {min(unknown)!r}; the contenders are {', '.join(CONTENDERS)}"
        )
    return [name for name in CONTENDERS if name in wanted]
