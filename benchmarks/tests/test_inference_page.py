from pathlib import Path

from pages import HOSTILE, assert_whole_and_alone
from srec_bench.inference.page import page
from srec_bench.inference.result import InferenceResult

RESULTS = Path(__file__).parents[1] / "results"


def test_the_inference_page_shows_names_as_they_are() -> None:
    result = InferenceResult.read(RESULTS / "bench-inference-steam-ucsd.json")
    first, *others = result.contenders
    named = (first.model_copy(update={"name": HOSTILE}), *others)
    html = page(result.model_copy(update={"dataset": HOSTILE, "contenders": named}))
    shown = assert_whole_and_alone(html, f"SRec inference: {HOSTILE}, dimension 64")
    assert shown.texts["th"].count(HOSTILE) == 2, "on random and on real inputs"
    assert [text.strip() for text in shown.texts["li"]].count(HOSTILE) == 2
    assert any(f"trained on {HOSTILE}:" in text for text in shown.texts["li"])
