"""``make audit``: what serving installs, as a bill, and whether any of it is known to be vulnerable.

It reads ``deploy/serving.lock`` and writes ``work/serving.cdx.json`` (CycloneDX). PyPI is asked for the
vulnerabilities, which needs the network: where a package could not be asked for, this fails and says so.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK, BILL = ROOT / "deploy" / "serving.lock", ROOT / "work" / "serving.cdx.json"


def main() -> int:
    """Write the bill and ask; returns the exit status."""
    BILL.parent.mkdir(exist_ok=True)
    tool = Path(sys.executable).parent
    bill = [tool / "cyclonedx-py", "requirements", LOCK, "--output-reproducible", "--output-file", BILL]
    subprocess.run(bill, check=True)
    print(f"{BILL.relative_to(ROOT)}: {len(json.loads(BILL.read_text())['components'])} components")
    ask = [tool / "pip-audit", "--requirement", LOCK, "--require-hashes", "--disable-pip"]
    options = ["--progress-spinner", "off", "--format", "json", "--timeout", "10"]
    asked = subprocess.run([*ask, *options], capture_output=True, text=True, check=False)
    told, failed = verdict(asked.stdout, asked.stderr)
    print("\n".join(told))
    return int(failed)


def verdict(answer: str, error: str) -> tuple[list[str], bool]:
    """What pip-audit's answer means, in lines, and whether it is a failure.

    Args:
        answer: its JSON; empty where it could not ask at all.
        error: what it said beside.
    """
    if not answer.strip():
        last = (error.strip().splitlines() or ["no reason was given"])[-1]
        return [f"nothing was audited: the list of vulnerabilities cannot be reached: {last}"], True
    found = json.loads(answer)["dependencies"]
    skipped = [one["name"] for one in found if "skip_reason" in one]
    told = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {' '.join(flaw['fix_versions']) or 'none'}"
        for one in found
        for flaw in one.get("vulns", ())
    ]
    if skipped:
        # pip-audit itself would report success here.
        return [
            *told,
            f"{len(skipped)} of {len(found)} packages could not be asked for: {skipped[0]}, ...",
        ], True
    return told or [f"{len(found)} packages: no known vulnerability"], bool(told)


if __name__ == "__main__":
    sys.exit(main())
