"""The lock of what serving needs, and what the audit says of an answer."""

import importlib.util
import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def locked() -> dict[str, tuple[str, list[str]]]:
    """(version, hashes) by name."""
    text = (ROOT / "deploy" / "serving.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, version = re.match(r"([\w.-]+)==(\S+)", line).groups()  # type: ignore[union-attr]
            found[canonicalize_name(name)] = version, re.findall(r"--hash=sha256:([0-9a-f]{64})\b", line)
    return found


def needed(requirements: list[str]) -> list[Requirement]:
    return [
        one
        for one in map(Requirement, requirements)
        if one.marker is None or one.marker.evaluate({"extra": ""})
    ]


def test_the_lock_has_all_that_serving_needs_in_versions_that_fit() -> None:
    lock = locked()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = needed(project["dependencies"])
    assert len(wanted) > 10
    for one in wanted:
        assert one.specifier.contains(lock[canonicalize_name(one.name)][0]), one
    for name in lock:
        try:
            inner = needed(requires(name) or [])
        except PackageNotFoundError:  # of another system
            continue
        assert {canonicalize_name(one.name) for one in inner} <= lock.keys(), name


def test_the_lock_and_the_constraints_agree() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, _, version = line.partition("==")
            assert locked().get(canonicalize_name(name), (version,))[0] == version


def test_every_package_of_the_lock_has_hashes_and_no_address() -> None:
    assert all(hashes for _, hashes in locked().values())
    assert not re.search(
        r"://|--(extra-)?index|--find-links|@ ", (ROOT / "deploy" / "serving.lock").read_text()
    )


@pytest.fixture(scope="module")
def audit() -> Any:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("packages", "said", "failed"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], "1 packages: no known vulnerability", False),
        (
            [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}],
            "a 1: CVE-1, mended in 2",
            True,
        ),
        # pip-audit calls this "no known vulnerabilities found".
        (
            [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}],
            "1 of 2 packages could not be asked for: b, ...",
            True,
        ),
    ],
)
def test_an_answer_with_gaps_is_no_all_clear(
    audit: Any, packages: list[dict[str, Any]], said: str, failed: bool
) -> None:
    assert audit.verdict(json.dumps({"dependencies": packages}), "") == ([said], failed)


def test_no_answer_is_said_in_one_line(audit: Any) -> None:
    told, failed = audit.verdict("", "a warning\nno route to host\n")
    assert told == ["nothing was audited: the list of vulnerabilities cannot be reached: no route to host"]
    assert failed
