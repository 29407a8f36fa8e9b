from srec.api.data import ingest as ingest
from srec.api.data import open_store as open_store
from srec.api.data import prepare as prepare
from srec.api.data import simulate as simulate
from srec.api.models import evaluate as evaluate
from srec.api.models import export as export
from srec.api.models import leaderboard as leaderboard
from srec.api.models import train as train
from srec.dataset.dataset import Dataset as Dataset
from srec.inference.bundle import Bundle as Bundle
from srec.inference.recommender import Recommender as Recommender
from srec.models import MODELS as MODELS

__version__: str
__all__ = [
    "MODELS",
    "Bundle",
    "Dataset",
    "Recommender",
    "evaluate",
    "export",
    "ingest",
    "leaderboard",
    "open_store",
    "prepare",
    "simulate",
    "train",
]
