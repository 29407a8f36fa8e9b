"""`srec serve` as a command, with two processes that share a port and a bundle."""

import dataclasses
import http.client
import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bundles import contents, write_toy_bundle
from fastapi import FastAPI
from served import command, free_port, served

from srec.artifacts import write_directory
from srec.errors import SRecError
from srec.inference.bundle import KIND, VERSION, Bundle, write_bundle
from srec.inference.recommender import Recommender
from srec.serving import server

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it looks into /proc")
FIRST = 900_000_010


def ask(port: int) -> list[int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        body = json.dumps({"liked": [FIRST], "k": 3})
        connection.request("POST", "/api/recommend", body, {"Content-Type": "application/json"})
        return [game["app_id"] for game in json.loads(connection.getresponse().read())["games"]]
    finally:
        connection.close()


def workers(pid: int) -> dict[int, str]:
    """The worker processes of a server, and the files that each has mapped into memory."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    started = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    return {
        child: Path(f"/proc/{child}/maps").read_text(encoding="utf-8")
        for child, command in started.items()
        if b"spawn_main" in command
    }


def test_two_workers_share_the_bundle_and_end_with_the_server(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bundle = write_toy_bundle(tmp_path / "bundle")
    wanted = [game.app_id for game in Recommender(Bundle(bundle)).recommend([FIRST], k=3).games]
    with served(bundle, "--workers", "2") as (port, pid):
        assert [ask(port) for _ in range(8)] == [wanted] * 8
        deadline = time.monotonic() + 60
        while sum("items.npy" in maps for maps in workers(pid).values()) < 2:
            assert time.monotonic() < deadline, "the other worker does not load the bundle"
            time.sleep(0.05)
        running = workers(pid)
        assert len(running) == 2
    assert not [pid for pid in running if Path(f"/proc/{pid}").exists()]
    assert capfd.readouterr().err == ""


def refusal(bundle: Path) -> str:
    """The last output of a server with two workers."""
    line = command(bundle, free_port(), "--workers", "2")
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    return done.stderr


def test_no_worker_starts_with_a_damaged_bundle(tmp_path: Path) -> None:
    bundle = write_toy_bundle(tmp_path / "bundle")
    (bundle / "items.npy").unlink()
    assert f"{bundle} lacks items.npy" in refusal(bundle).replace("\n", "")


def test_no_worker_starts_with_a_bundle_that_answers_otherwise(tmp_path: Path) -> None:
    made = contents()
    wrong = [dataclasses.replace(one, scores=(9.0, *one.scores[1:])) for one in made.golden]
    with write_directory(tmp_path / "bundle", KIND, VERSION) as draft:
        write_bundle(draft.path, dataclasses.replace(made, golden=wrong))
    said = refusal(tmp_path / "bundle")
    assert "golden request" in said
    assert "Traceback" not in said


SERVE = """
import sys
from pathlib import Path
from srec.serving import server, worker
worker.GRACE = 1
server.serve(Path(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]))
"""


def test_a_request_that_never_ends_does_not_keep_the_server(tmp_path: Path) -> None:
    bundle, port = write_toy_bundle(tmp_path / "bundle"), free_port()
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(bundle), str(port)])
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                assert ask(port)
                break
            except OSError:
                assert time.monotonic() < deadline, "the server does not start"
                time.sleep(0.05)
        with socket.create_connection(("127.0.0.1", port)) as visitor:
            head = "POST /api/recommend HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            visitor.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
            assert ask(port)  # so the server has read the beginning of the other
            process.terminate()
            process.wait(timeout=15)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("processes", [1, 2])
def test_an_address_that_is_taken_is_one_line(
    processes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, told = write_toy_bundle(tmp_path / "bundle"), list[str]()
    monkeypatch.setattr(server, "ready_app", lambda *given, **named: FastAPI())
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SRecError, match=rf"^cannot listen on 127\.0\.0\.1, port {port}: .*in use$"):
            server.serve(bundle, host="127.0.0.1", port=port, workers=processes, told=told.append)
    assert told == [], "it says where it is only once it is there"
