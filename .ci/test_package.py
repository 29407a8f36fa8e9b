"""What is published: an sdist, and a wheel that works alone in an empty environment; for ``make package``."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen
from zipfile import ZipFile

import pytest
from bundles import app_id, write_toy_bundle

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
#: All that building needs, and what a reader of an sdist looks for.
IN_SDIST = {"CMakeLists.txt", "LICENSE", "PKG-INFO", "README.md", "native", "pyproject.toml", "srec"}
PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


def run(*command: str | Path, folder: Path, **changed: str) -> str:
    """What a command says, run outside of the repository, so that nothing of it is found by accident."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=folder, env=environment | changed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "build", "--sdist", "--outdir", folder, ROOT, folder=folder)
    return next(folder.glob("*.tar.gz"))


def wheel_of(sdist: Path, folder: Path, **changed: str) -> Path:
    run(sys.executable, *PIP, "wheel", "--no-deps", "--wheel-dir", folder, sdist, folder=folder, **changed)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel_of(sdist, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with the wheel, and what it asks for by itself."""
    folder = tmp_path_factory.mktemp("alone")
    run(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    found = folder / "venv" / "bin"
    run(found / "python", *PIP, "install", "--constraint", CONSTRAINTS, wheel, folder=folder)
    return found


def test_the_sdist_holds_what_building_needs_and_no_more(sdist: Path) -> None:
    with tarfile.open(sdist) as content:
        names = [Path(name).parts[1] for name in content.getnames() if len(Path(name).parts) > 1]
    assert set(names) == IN_SDIST


def test_the_wheel_holds_the_package_and_no_benchmark_fake_or_test(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"srec"}
    for name in names:
        parts = set(name.split("/"))
        assert parts.isdisjoint({"srec_bench", "benchmarks", "fakes", "tests", "conftest.py"}), name
        assert not any(part.startswith("test_") for part in parts), name
    assert {"srec/py.typed", "srec/serving/static/page.js", "srec/serving/templates/page.html"} <= set(names)


@pytest.mark.skipif(shutil.which("c++") is None, reason="no C++ compiler: there is no native part")
def test_the_wheel_has_its_native_part_where_there_is_a_compiler(wheel: Path) -> None:
    assert [name for name in ZipFile(wheel).namelist() if name.startswith("srec/inference/_scan.")]
    assert not wheel.name.endswith("none-any.whl")


def test_without_a_compiler_the_wheel_is_pure(sdist: Path, tmp_path: Path) -> None:
    pure = wheel_of(sdist, tmp_path, CC="/bin/false", CXX="/bin/false")
    assert pure.name.endswith("-py3-none-any.whl")
    assert not [name for name in ZipFile(pure).namelist() if name.endswith((".so", ".pyd"))]


def test_it_imports_quickly_and_brings_neither_torch_nor_a_database(alone: Path, tmp_path: Path) -> None:
    code = (
        "import time; begun = time.perf_counter(); import srec; seconds = time.perf_counter() - begun;"
        "import sys, importlib.util as util;"
        "there = [name for name in ('torch', 'duckdb', 'srec_bench') if util.find_spec(name)];"
        "print(srec.__file__, seconds, there or sorted({'torch', 'duckdb'} & sys.modules.keys()))"
    )
    # The first import writes the byte code, as an installation does.
    file, seconds, found = [run(alone / "python", "-c", code, folder=tmp_path).split() for _ in range(2)][1]
    assert Path(file).is_relative_to(alone.parent)
    assert found == "[]"
    assert float(seconds) < 0.1


def test_it_helps(alone: Path, tmp_path: Path) -> None:
    told = run(alone / "srec", "--help", folder=tmp_path, COLUMNS="200", NO_COLOR="1", TERM="dumb")
    assert "Usage: srec" in told
    assert " serve " in told


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def served(alone: Path, port: int, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    bundle = write_toy_bundle(tmp_path / "bundle")
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [alone / "srec", "serve", bundle, "--port", str(port)], cwd=tmp_path, stdout=log, stderr=log
        ) as process,
    ):
        yield process
        process.kill()


def answer(port: int, path: str, asked: object = None) -> dict[str, list[dict[str, int]]]:
    body = None if asked is None else json.dumps(asked).encode()
    request = Request(f"http://127.0.0.1:{port}{path}", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as reply:
        return dict(json.load(reply))


def test_it_serves_a_bundle_and_stops_when_it_is_told(served: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            answer(port, "/ready")
            break
        except URLError:
            assert served.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.1)
    liked = app_id(0, simulated=True)
    games = answer(port, "/api/recommend", {"liked": [liked], "k": 3})["games"]
    assert len(games) == 3
    assert liked not in [game["app_id"] for game in games]
    served.terminate()
    assert served.wait(timeout=30) in (0, -15)


def test_its_size_and_its_dependencies(
    sdist: Path, wheel: Path, alone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site,) = alone.parent.glob("lib/python*/site-packages")
    ours = next(Distribution.discover(name="srec", path=[str(site)]))
    asked = [line for line in ours.requires or () if "extra ==" not in line]
    installed = {one.name for one in Distribution.discover(path=[str(site)])} - {"srec", "pip", "setuptools"}
    assert len(asked) <= len(installed)
    with capsys.disabled():
        for file in (sdist, wheel):
            print(f"\n{file.name}: {file.stat().st_size / 1000:,.0f} kB", end="")
        print(f"\n{len(asked)} dependencies; with theirs {len(installed)}: {', '.join(sorted(installed))}")
