"""Write results.md, the README's results and the inference benchmark's pages from benchmarks/results.

Run it after a result was added or made anew; with ``--check`` it only says whether all of it is up to date.
"""

import sys
from pathlib import Path

import result_tables as tables
import scaling
from result_tables import RESULTS, ROOT
from srec_bench.inference.page import page as inference_page

README, PAGE = ROOT / "README.md", ROOT / "docs" / "results.md"
BEGIN, END = "<!-- results: written by make docs -->", "<!-- end of results -->"
# What the README shows of the leaderboards: the papers' two sets, and games.
SHOWN = ("leaderboard-tmall", "leaderboard-diginetica", "leaderboard-steam-ucsd-all")
ALL = (
    tables.reproduced,
    tables.timed,
    tables.boards,
    tables.inferred,
    tables.served,
    tables.prepared,
    tables.stored,
    tables.paralleled,
    tables.crawled,
)
HEAD = """# Results

Written by `make docs` from the files in [benchmarks/results](../benchmarks/results), which the named commands
wrote; each has its machine (the newer ones also the processor), versions, date and settings. What was
learnt from them is in [log.md](log.md).
"""


def whole() -> str:
    """docs/results.md: every result."""
    lines = [line for part in ALL for line in part(RESULTS)]
    # The README has them a level deeper, below its own heading.
    return "\n".join([HEAD, *(line.removeprefix("#") for line in lines)])


def section() -> str:
    """The README's: the leaderboards, and one table about the exact search."""
    lines = [
        "Every result, with its file and how it came about, is in [docs/results.md](../docs/results.md).\n",
        *tables.reproduced(RESULTS),
        *tables.boards(RESULTS, SHOWN),
        *tables.inferred_in_short(RESULTS),
        *tables.served(RESULTS),
    ]
    return "\n".join([BEGIN, "", *(line.replace("](../", "](") for line in lines), END])


def readme(text: str) -> str:
    """README.md with the section as the files have it."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + section() + after


def pages() -> dict[Path, str]:
    """All that is written here, as the files have it."""
    made = {README: readme(README.read_text(encoding="utf-8")), PAGE: whole()}
    for file in RESULTS.glob("bench-inference-*.json"):
        made[file.with_suffix(".html")] = inference_page(tables.read(file))
    if worked_out := scaling.page(RESULTS):
        made[ROOT / "docs" / "scaling.md"] = worked_out
    return made


if __name__ == "__main__":
    for target, wanted in pages().items():
        if "--check" not in sys.argv[1:]:
            target.write_text(wanted, encoding="utf-8")
        elif not target.is_file() or target.read_text(encoding="utf-8") != wanted:
            sys.exit(f"{target.name} differs from the result files: run `make docs`")
