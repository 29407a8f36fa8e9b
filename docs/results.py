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
# The leaderboard that the README shows, and the rows that it leaves out of its tables: variants of SRec's own
# model, and models that were measured more than once.
SHOWN = ("leaderboard-steam-ucsd-all",)
LEFT_OUT = ("| srec with", "-exact.json", "-xeon.json", "sr-gnn.json")
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

`make docs` writes this page from the files in `benchmarks/results`. The commands that are named here wrote
those files. Each file has its machine (the newer ones also the processor), versions, date and settings. The
[log](log.md) tells what was learnt from them.
"""


def whole() -> str:
    """docs/results.md: every result."""
    lines = [line for part in ALL for line in part(RESULTS)]
    # The README has them a level deeper, below its own heading.
    return "\n".join([HEAD, *(line.removeprefix("#") for line in lines)])


def section() -> str:
    """The README's: the three tables that decide."""
    blocks = [
        "[All results](../docs/results.md) has every model, data set and machine.\n",
        *tables.reproduced(RESULTS),
        *tables.boards(RESULTS, SHOWN),
        *tables.inferred_in_short(RESULTS),
    ]
    lines = [line for block in blocks for line in block.split("\n")]
    shown = [line.replace("](../", "](") for line in lines if not any(part in line for part in LEFT_OUT)]
    return "\n".join([BEGIN, "", *shown, END])


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
