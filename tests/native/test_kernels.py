"""The kernels alone, built with checks for memory errors and undefined arithmetic."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.skipif(
    shutil.which("c++") is None, reason="no C++ compiler: there are no native kernels to test"
)
def test_every_kernel_agrees_with_the_plain_one(tmp_path: Path) -> None:
    program = tmp_path / "kernels"
    # GCC warns about its own header, which leaves a vector undefined on purpose.
    checks = (
        "-Wall -Wextra -Werror -Wno-maybe-uninitialized -fsanitize=address,undefined -fno-sanitize-recover"
    )
    options = ["-std=c++17", "-O1", *checks.split()]
    include = f"-I{HERE.parents[1] / 'native'}"
    subprocess.run(["c++", *options, include, HERE / "kernels.cpp", "-o", program], check=True)
    told = subprocess.run([program], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "agree with plain" in told.stdout
