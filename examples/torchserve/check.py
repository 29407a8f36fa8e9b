"""Start TorchServe on an archive, ask it one question, compare the answer with SRec's own, stop it.

    srec export DATASET RUN work/torchserve --format torchserve
    srec export DATASET RUN work/bundle
    python examples/torchserve/check.py work/torchserve work/bundle

It installs nothing: TorchServe 0.12 (pip install 'srec[torchserve]') and Java 17 must be there.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from srec.inference.bundle import Bundle
from srec.serving.app import create_app
from srec.serving.in_process import post
from srec.serving.torchserve import PATH

CONFIG = Path(__file__).with_name("config.properties")
PREDICTIONS = "http://127.0.0.1:8085/predictions/srec"
# The commands of this Python first: TorchServe's workers are to be of it.
SEARCHED = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
PATIENCE = 180  # seconds for Java and the worker to come up


def main() -> None:
    """Compare the two answers; exit status 1 where they differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("archive", type=Path, help="the directory that srec export --format torchserve wrote")
    parser.add_argument("bundle", type=Path, help="the bundle of the same run")
    parser.add_argument(
        "liked", type=int, nargs="*", help="Steam app ids; the bundle's first three if left out"
    )
    given = parser.parse_args()
    liked = given.liked or Bundle(given.bundle).app_ids[:3].tolist()
    body = json.dumps({"liked": liked, "k": 10, "recommender": "smart"}).encode()
    _, native = asyncio.run(post(create_app(given.bundle), PATH, body))
    for needed in ("torchserve", "java"):
        if not shutil.which(needed, path=SEARCHED):
            sys.exit(f"{needed} is not installed: see examples/torchserve/README.md")
    with tempfile.TemporaryDirectory() as folder:
        server = start(given.archive, Path(folder))
        try:
            served = ask(body, server, Path(folder) / "log.txt")
        finally:
            stop(server, Path(folder))
    print(served)
    if json.loads(served) != json.loads(native):
        sys.exit(f"TorchServe answers differently than SRec, which answers:\n{native.decode()}")
    print(f"the same {len(json.loads(served)['games'])} games, scores and tags as SRec's own answer")


def start(archive: Path, folder: Path) -> subprocess.Popen[bytes]:
    """TorchServe in the foreground of a process of its own, its files in a folder."""
    environment = os.environ | {
        "TMPDIR": str(folder),
        "LOG_LOCATION": str(folder),
        "METRICS_LOCATION": str(folder),
        "PATH": SEARCHED,
    }
    with (folder / "log.txt").open("wb") as log:
        return subprocess.Popen(
            [
                *("torchserve", "--start", "--foreground", "--no-config-snapshots"),
                *("--ts-config", str(CONFIG), "--model-store", str(archive.resolve())),
                *("--models", "srec=srec.mar"),
            ],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def ask(body: bytes, server: subprocess.Popen[bytes], log: Path) -> str:
    """The answer to one request, as soon as there is one."""
    request = urllib.request.Request(PREDICTIONS, body, {"Content-Type": "application/json"})
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.read().decode()
        except (urllib.error.URLError, ConnectionError):  # not up yet
            time.sleep(1)
    tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]
    sys.exit("TorchServe does not answer:\n" + "\n".join(tail))


def stop(server: subprocess.Popen[bytes], folder: Path) -> None:
    """End Java by its process id, which ends its workers; and with it the process that started it."""
    file = folder / ".model_server.pid"
    if file.is_file():
        os.kill(int(file.read_text()), signal.SIGTERM)
    else:
        server.terminate()
    server.wait(60)


if __name__ == "__main__":
    main()
