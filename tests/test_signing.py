"""The commands by which a bundle is signed do what the guide says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bundles import write_toy_bundle

GUIDE = Path(__file__).parents[1] / "docs" / "how-to" / "sign.md"


def run(commands: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-euc", commands],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.skipif(
    not shutil.which("ssh-keygen"), reason="ssh-keygen is missing: apt-get install openssh-client"
)
def test_a_signed_bundle_passes_and_a_changed_one_does_not(tmp_path: Path) -> None:
    bundle = write_toy_bundle(tmp_path / "work" / "bundle")
    make, check = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    # The first command asks for a password.
    done = run(make.replace("-t ed25519", "-q -N '' -t ed25519"), tmp_path)
    assert done.returncode == 0, done.stderr
    verified = run(check, tmp_path)
    assert verified.returncode == 0, verified.stderr
    assert 'Good "srec" signature for owner@example' in verified.stdout
    manifest = bundle / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"created_at": "2', b'"created_at": "3'))
    refused = run(check, tmp_path)
    assert refused.returncode != 0
    assert "Could not verify signature" in refused.stdout + refused.stderr
