from srec.api import evaluate as evaluate
from srec.api import export as export
from srec.api import ingest as ingest
from srec.api import leaderboard as leaderboard
from srec.api import open_store as open_store
from srec.api import prepare as prepare
from srec.api import simulate as simulate
from srec.api import train as train
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
