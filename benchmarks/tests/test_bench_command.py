import json
import subprocess
import sys
from pathlib import Path

from srec_bench.exactness.result import ExactnessResult
from typer.testing import CliRunner

from srec.cli import app

ALONE = """
import sys
from importlib import metadata
metadata.entry_points = lambda **given: metadata.EntryPoints()
from srec.cli import main
sys.argv[1:] = ["bench", "http", "bundle", "--requests", "7"]
main()
"""


def test_where_the_benchmarks_are_not_installed_one_line_says_how_to_get_them() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    told = "srec: the benchmarks are a package of their own: pip install 'srec[bench]'\n"
    assert done.stderr == told


def test_the_last_line_is_the_result_and_so_is_the_file(tmp_path: Path) -> None:
    file = tmp_path / "exactness.json"
    done = CliRunner().invoke(app, ["bench", "exactness", "--cases", "8", "--result", str(file)])
    assert done.exit_code == 0, done.output
    result = ExactnessResult.read(file)
    assert json.loads(done.stdout.splitlines()[-1]) == result.model_dump(mode="json")
