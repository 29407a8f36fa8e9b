import sys
from pathlib import Path

import pytest
from fakes.steam import FAULTS
from srec_bench.crawl.bench import bench_crawl
from srec_bench.crawl.result import CrawlResult, terminal_table
from typer.testing import CliRunner

from srec.cli import app
from srec.errors import SRecError


def test_the_benchmark_kills_resumes_and_compares(tmp_path: Path) -> None:
    store = tmp_path / "bench.duckdb"
    result = bench_crawl(3, faults=25, kills=2, store=str(store), games=3)
    assert result.failure is None
    assert result.kills == 2
    assert result.faults >= 25
    assert result.write(tmp_path / "crawl.json") == CrawlResult.read(tmp_path / "crawl.json")
    assert terminal_table(result).row_count > len(FAULTS)
    short = result.model_copy(update={"faults_wanted": 10**6})
    assert str(short.failure).startswith("1 things are wrong; the first: only ")
    assert "the first: lost" in str(result.model_copy(update={"differences": ("lost",)}).failure)
    with pytest.raises(SRecError, match="the benchmark needs an empty one"):
        bench_crawl(3, faults=1, kills=0, store=str(store), games=3)


def test_without_a_checkout_one_line_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "srec_bench.crawl.bench")
    for name in [name for name in sys.modules if name.partition(".")[0] == "fakes"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("sys.path", [path for path in sys.path if not (Path(path) / "fakes").is_dir()])
    done = CliRunner().invoke(app, ["bench", "crawl"])
    assert isinstance(done.exception, SRecError)
    assert str(done.exception).startswith("srec bench crawl needs a checkout of SRec")
