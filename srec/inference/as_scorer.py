"""A bundle as a model to measure, on a dataset whose games are numbered otherwise.

Shapes: B lists, L games of a list, V items of the dataset, W items of the bundle.
"""

import numpy as np

from srec.dataset.dataset import Ints
from srec.inference.bundle import Bundle
from srec.inference.runtimes.onnx import OnnxScorer
from srec.models.base import ItemsBL, Scorer, ScoresBV


class BundleScorer:
    """Scores the games of a dataset as a bundle does; what the bundle does not know is not recommended.

    Args:
        bundle: whose model scores.
        app_ids: int [V + 1], the app ids of the dataset's items; entry 0 is padding.
    """

    def __init__(self, bundle: Bundle, app_ids: Ints) -> None:
        row = {int(app_id): at for at, app_id in enumerate(bundle.app_ids)}
        self._rows = np.array([row.get(int(app_id), -1) for app_id in app_ids[1:]], np.int64)
        self._theirs = np.concatenate(([0], self._rows + 1))
        self._popularity = np.asarray(bundle.popularity, np.float32)
        self._longest = int(bundle.config["max_length"])
        self._model = _model(bundle)

    def score(self, items_BL: ItemsBL) -> ScoresBV:
        """Scores of the dataset's items 1..V, float32 [B, V]; -inf for what the bundle does not know.

        A list of which the bundle knows nothing is answered with its popular games, as by the server.
        """
        theirs_BL = self._theirs[items_BL]
        order_BL = np.argsort(theirs_BL == 0, axis=1, kind="stable")
        theirs_BL = np.take_along_axis(theirs_BL, order_BL, axis=1)
        scores_BW = np.tile(self._popularity, (len(items_BL), 1))
        known_B = (theirs_BL > 0).any(axis=1)
        if known_B.any():
            scores_BW[known_B] = self._model.score(self._newest(theirs_BL[known_B]))
        padded_BW = np.pad(scores_BW, ((0, 0), (0, 1)), constant_values=-np.inf)
        scores_BV: ScoresBV = padded_BW[:, self._rows]  # row -1 is the last column
        return scores_BV

    def _newest(self, items_BL: Ints) -> Ints:
        """The last items of each list, as many as the model reads."""
        lengths_B1 = (items_BL > 0).sum(axis=1, keepdims=True)
        width = min(int(lengths_B1.max()), self._longest)
        places_BL = np.arange(width) + np.maximum(lengths_B1 - width, 0)
        return np.take_along_axis(items_BL, np.minimum(places_BL, items_BL.shape[1] - 1), axis=1)


def _model(bundle: Bundle) -> Scorer:
    if counted := bundle.sum or bundle.counted:
        return counted
    assert bundle.items is not None
    return OnnxScorer(bundle.encoder, bundle.items)
