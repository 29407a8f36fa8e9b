"""The weights of an earlier run as the beginning of a training; games may have come or gone since."""

from dataclasses import dataclass

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from srec.dataset.dataset import Ints
from srec.errors import ArtifactError
from srec.models.session_model import SessionModel
from srec.training.runs import WEIGHTS, Run


@dataclass(frozen=True)
class Warm:
    """Where a warm training begins, and how long it goes on.

    It trains on all data before the test and chooses no epoch: the earlier run has seen most of the window
    that would choose one.

    Attributes:
        run: the earlier run, of the same model with the same settings.
        app_ids: int [V + 1], those of the dataset that it was trained on; row 0 is the padding's.
        epochs: how many.
    """

    run: Run
    app_ids: Ints
    epochs: int = 1

    def begin(self, model: SessionModel, app_ids: Ints) -> None:
        """Give a drawn model the earlier weights; what is new keeps what was drawn.

        Args:
            model: initialised.
            app_ids: int [V + 1], those of its own dataset.

        Raises:
            ArtifactError: the earlier weights cannot be read.
        """
        try:
            before = load_file(self.run.path / WEIGHTS)
        except (OSError, SafetensorError) as error:
            raise ArtifactError(f"the weights of {self.run.path} cannot be read: {error}") from error
        order = np.argsort(self.app_ids)
        places = np.searchsorted(self.app_ids, app_ids, sorter=order).clip(max=len(order) - 1)
        rows = order[places]
        known = torch.from_numpy(self.app_ids[rows] == app_ids)
        rows_V = torch.from_numpy(rows)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                earlier = before.get(name)
                if earlier is None or name.startswith(model.numbered):
                    continue
                if name in model.by_item:
                    if earlier.shape[1:] == parameter.shape[1:] and len(earlier) == len(self.app_ids):
                        parameter[known] = earlier[rows_V[known]].to(parameter)
                elif earlier.shape == parameter.shape:
                    parameter.copy_(earlier)
