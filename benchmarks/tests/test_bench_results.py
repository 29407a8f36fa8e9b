"""Only the type that wrote a result file reads it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from srec_bench.answers.result import AnswersResult
from srec_bench.crawl.result import CrawlResult
from srec_bench.docs import main, pages
from srec_bench.exactness.result import ExactnessResult
from srec_bench.fuzz.result import FuzzResult
from srec_bench.http.result import HttpResult
from srec_bench.inference.result import InferenceResult
from srec_bench.making import MakingResult
from srec_bench.prepare.result import PrepareResult
from srec_bench.privacy.result import PrivacyResult
from srec_bench.results import BenchResult, read_results
from srec_bench.soak.result import SoakResult
from srec_bench.spark.result import SparkResult
from srec_bench.store.result import StoreResult
from srec_bench.swaps.result import SwapsResult
from srec_bench.training.result import TrainingResult
from srec_bench.updates.result import UpdatesResult
from srec_bench.visitors.again import AgainResult
from srec_bench.visitors.dislikes import DislikesResult
from srec_bench.visitors.newcomers import NewcomersResult, markdown
from srec_bench.visitors.result import VisitorsResult
from srec_bench.visitors.window import WindowResult
from srec_bench.warm.result import WarmResult

from srec.environment import Environment
from srec.errors import SRecError

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
KINDS: tuple[type[BenchResult], ...] = (
    AgainResult,
    AnswersResult,
    CrawlResult,
    DislikesResult,
    ExactnessResult,
    FuzzResult,
    HttpResult,
    InferenceResult,
    MakingResult,
    NewcomersResult,
    PrepareResult,
    PrivacyResult,
    SoakResult,
    SparkResult,
    StoreResult,
    SwapsResult,
    TrainingResult,
    UpdatesResult,
    VisitorsResult,
    WarmResult,
    WindowResult,
)


def committed() -> Iterator[tuple[str, BenchResult]]:
    for kind in KINDS:
        yield from read_results(kind, RESULTS).items()


def test_every_committed_file_is_read_by_its_type() -> None:
    assert [name for name, _ in sorted(committed())] == sorted(
        file.name for file in RESULTS.glob("bench-*.json")
    )
    assert {type(result) for _, result in committed()} == set(KINDS)


def test_what_is_written_is_what_was_read_to_the_byte(tmp_path: Path) -> None:
    for name, result in committed():
        written = result.write(tmp_path / name)
        assert type(result).read(tmp_path / name) == written
        assert (tmp_path / name).read_bytes() == (RESULTS / name).read_bytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"speed": 1}, r"^\S+ cannot be read: speed: Extra inputs are not permitted; make it again$"),
        (
            {"cases": "many"},
            r"^\S+ cannot be read: cases: Input should be a valid integer\b.*; make it again$",
        ),
        ({"version": 1}, r"^\S+ has a result of version 1, but this SRec reads version 2: make it again$"),
        ({"version": None}, "a result of version None"),
        (
            {"benchmark": "http"},
            r"^\S+ cannot be read: benchmark: Input should be 'exactness'; make it again$",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    change: dict[str, object], said: str, tmp_path: Path
) -> None:
    document = json.loads((RESULTS / "bench-exactness.json").read_text(encoding="utf-8"))
    file = tmp_path / "bench-exactness.json"
    file.write_text(json.dumps(document | change), encoding="utf-8")
    with pytest.raises(SRecError, match=said):
        ExactnessResult.read(file)


def test_what_is_missing_or_no_json_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "bench-http.json"
    with pytest.raises(SRecError, match=r"bench-http\.json cannot be read: .*No such file"):
        HttpResult.read(file)
    file.write_text('{"benchmark": "http"', encoding="utf-8")
    with pytest.raises(SRecError, match=r"bench-http\.json cannot be read: "):
        HttpResult.read(file)
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(SRecError, match="a result of version None"):
        HttpResult.read(file)
    document = json.loads((RESULTS / "bench-http.json").read_text(encoding="utf-8"))
    del document["ratio"]
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(SRecError, match="ratio: Field required"):
        HttpResult.read(file)


def test_an_environment_tells_packages_from_the_machine() -> None:
    here = Environment.here("uvicorn")
    assert here.cores >= 1
    assert {"srec", "numpy", "uvicorn"} <= here.versions.keys()
    assert not {"date", "cores", "source", "machine"} & here.versions.keys()


def test_a_page_that_differs_from_the_result_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    name = "bench-inference-games-42k-128.json"
    (tmp_path / "benchmarks" / "results" / name).write_bytes((RESULTS / name).read_bytes())
    readme = tmp_path / "README.md"
    readme.write_text("before <!-- results: written by make docs --> <!-- end of results --> after")
    written = [page.name for page in pages(tmp_path)]
    assert written == ["README.md", "results.md", "bench-inference-games-42k-128.html"]
    main(tmp_path, check=False)
    main(tmp_path, check=True)
    assert readme.read_text().startswith("before ")
    assert readme.read_text().endswith(" after")
    assert "42,429 items" in readme.read_text()
    assert "42,429 items" in (tmp_path / "docs" / "results.md").read_text(encoding="utf-8")
    readme.write_text(readme.read_text().replace("42,429", "42,430"))
    with pytest.raises(SystemExit, match=r"README\.md differs from the result files"):
        main(tmp_path, check=True)


def test_the_page_of_ten_tastes_is_what_the_command_wrote() -> None:
    (found,) = read_results(NewcomersResult, RESULTS).values()
    page = (RESULTS.parents[1] / "docs" / "tastes.md").read_text(encoding="utf-8")
    shown = [line for line in page.splitlines() if line.startswith(("## ", "| ", "Liked:", "Not for me:"))]
    assert shown == [
        line for line in markdown(found) if line.startswith(("## ", "| ", "Liked:", "Not for me:"))
    ]
