"""Write the documents' results: docs/results.md, docs/scaling.md, a section of the README, and the pages.

Run ``python -m srec_bench.docs`` in a checkout after adding or replacing a result; ``--check`` only says
whether everything is up to date.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from srec_bench import leaderboards, making, scaling
from srec_bench.answers import result as answers
from srec_bench.crawl import result as crawl
from srec_bench.fuzz import result as fuzz
from srec_bench.http import result as http
from srec_bench.inference import page as inference_page
from srec_bench.inference import shown as inference
from srec_bench.inference.result import InferenceResult
from srec_bench.prepare import result as prepare
from srec_bench.privacy import result as privacy
from srec_bench.results import read_results
from srec_bench.soak import result as soak
from srec_bench.spark import result as spark
from srec_bench.store import result as store
from srec_bench.swaps import result as swaps
from srec_bench.training import result as training
from srec_bench.updates import result as updates
from srec_bench.visitors import again, dislikes, window
from srec_bench.visitors import result as visitors
from srec_bench.warm import result as warm

RESULTS, README, PAGE = Path("benchmarks/results"), Path("README.md"), Path("docs/results.md")
SCALING = Path("docs/scaling.md")
BEGIN, END = "<!-- results: written by make docs -->", "<!-- end of results -->"
# The README shows one leaderboard without the variants of SRec's own model, and each model of the inference
# benchmark once.
BOARDS = ("leaderboard-steam-ucsd-all",)
VARIANT = ("srec with", "blend with", "item-knn decayed", "slim", "vs-knn")
MORE_THAN_ONCE = ("-exact.json", "-xeon.json", "sr-gnn.json")
HEAD = """# Results

`make docs` writes this page from the files in `benchmarks/results`. The commands named here wrote
those files. Each file has its machine (the newer ones also the processor), versions, date and settings. The
[log](log.md) tells what was learnt from them.
"""


def whole(folder: Path) -> str:
    """docs/results.md: every result in the folder."""
    parts = (
        visitors.markdown(read_results(visitors.VisitorsResult, folder)),
        dislikes.markdown(read_results(dislikes.DislikesResult, folder)),
        window.markdown(read_results(window.WindowResult, folder)),
        again.markdown(read_results(again.AgainResult, folder)),
        leaderboards.reproduced(folder),
        training.markdown(read_results(training.TrainingResult, folder)),
        leaderboards.boards(folder),
        inference.markdown(read_results(InferenceResult, folder)),
        answers.markdown(read_results(answers.AnswersResult, folder)),
        http.markdown(read_results(http.HttpResult, folder)),
        soak.markdown(read_results(soak.SoakResult, folder)),
        privacy.markdown(read_results(privacy.PrivacyResult, folder)),
        fuzz.markdown(read_results(fuzz.FuzzResult, folder)),
        making.markdown(read_results(making.MakingResult, folder)),
        prepare.markdown(read_results(prepare.PrepareResult, folder)),
        store.markdown(read_results(store.StoreResult, folder)),
        spark.markdown(read_results(spark.SparkResult, folder)),
        crawl.markdown(read_results(crawl.CrawlResult, folder)),
        swaps.markdown(read_results(swaps.SwapsResult, folder)),
        updates.markdown(read_results(updates.UpdatesResult, folder)),
        warm.markdown(read_results(warm.WarmResult, folder)),
    )
    # The README's headings are one level deeper.
    return "\n".join([HEAD, *(line.removeprefix("#") for line in _lines(parts))])


def section(folder: Path) -> str:
    """The README's section: the three tables that decide."""
    inferred = read_results(InferenceResult, folder)
    once = {name: result for name, result in inferred.items() if not name.endswith(MORE_THAN_ONCE)}
    parts = (
        leaderboards.reproduced(folder),
        leaderboards.boards(folder, BOARDS, lambda row: not row.startswith(VARIANT)),
        inference.markdown_in_short(once),
    )
    more = "[All results](../docs/results.md) has every model, data set and machine.\n"
    return "\n".join([BEGIN, "", *(line.replace("](../", "](") for line in (more, *_lines(parts))), END])


def pages(root: Path) -> dict[Path, str]:
    """The generated texts by path, from a checkout's result files."""
    folder = root / RESULTS
    before, _, rest = (root / README).read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    made = {root / README: before + section(folder) + after, root / PAGE: whole(folder)}
    for name, result in read_results(InferenceResult, folder).items():
        made[(folder / name).with_suffix(".html")] = inference_page.page(result)
    if worked_out := scaling.markdown(folder):
        made[root / SCALING] = worked_out
    return made


def main(root: Path, *, check: bool) -> None:
    """Write all texts, or only check them."""
    for target, wanted in pages(root).items():
        if not check:
            target.write_text(wanted, encoding="utf-8")
        elif not target.is_file() or target.read_text(encoding="utf-8") != wanted:
            sys.exit(f"{target.name} differs from the result files: run `make docs`")


def _lines(parts: Iterable[Iterable[str]]) -> list[str]:
    return [line for part in parts for line in part]


if __name__ == "__main__":
    main(Path(), check="--check" in sys.argv[1:])
