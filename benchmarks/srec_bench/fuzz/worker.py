"""The process that reads, with a limit on its memory; ``bench`` starts and watches it."""

import faulthandler
import json
import random
import resource
import shutil
import sys
import traceback
import warnings
from pathlib import Path

from srec.artifacts import MANIFEST
from srec.checksums import describe
from srec.errors import SRecError
from srec_bench.fuzz.mutations import mutated
from srec_bench.fuzz.readers import KINDS

MEMORY = 6 << 30  # bytes of address space
RESEALED = 0.7  # the share of sealed cases whose checksums fit what was changed


def change(folder: Path, seed: int, number: int) -> tuple[str, Path, bool]:
    """Write the changed file of a case.

    Args:
        folder: it has the sound files in ``sound``, and the copy that is changed in ``changed``.
        seed: of all cases.
        number: of this one.

    Returns:
        The kind, the file or directory to read, and whether its checksums fit.
    """
    rng = random.Random(f"{seed} {number}")  # noqa: S311 -- not a secret
    name = rng.choices(list(KINDS), [kind.weight for kind in KINDS.values()])[0]
    target, sound = folder / "changed" / name, folder / "sound" / name
    if target.is_dir():
        shutil.rmtree(target)
    target.parent.mkdir(exist_ok=True)
    if not sound.is_dir():
        target.write_bytes(mutated(sound.read_bytes(), name, rng))
        return name, target, True
    shutil.copytree(sound, target)
    file = rng.choice(sorted(one for one in target.rglob("*") if one.is_file()))
    content = mutated(file.read_bytes(), file.name, rng)
    file.unlink()  # checked files are known by their inode
    file.write_bytes(content)
    resealed = rng.random() < RESEALED
    if resealed:
        _reseal(target)
    return name, target, resealed


def _reseal(path: Path) -> None:
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        manifest["files"] = {name: describe(path / name) for name in manifest["files"]}
        manifest.pop("sha256", None)
        text = json.dumps(manifest)
    except (ValueError, TypeError, KeyError, AttributeError, OSError, RecursionError):
        return  # the manifest itself is what was changed
    (path / MANIFEST).write_text(text, encoding="utf-8", errors="surrogatepass")


def outcome(folder: Path, seed: int, number: int, sound: dict[str, str]) -> tuple[str, str, str]:
    """Read one changed file: the kind, what came of it, and what was said."""
    name, target, resealed = change(folder, seed, number)
    kind = KINDS[name]
    try:
        found = kind.read(target)
    except SRecError as error:
        said = str(error)
        return name, "refused" if said.strip() and "\n" not in said else "unclear", said
    except MemoryError:
        return name, "memory", ""
    except BaseException:  # noqa: BLE001 -- that is what is looked for
        return name, "traceback", traceback.format_exc(limit=-3)
    if found == sound[name]:
        return name, "identical", ""
    return name, "accepted" if resealed or not kind.sealed else "wrong", ""


def main(folder: Path, seed: int, first: int, last: int) -> None:
    """Say that it is ready, then read the cases from ``first`` up to ``last``, which is not among them."""
    faulthandler.enable()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sound = {name: kind.read(folder / "sound" / name) for name, kind in KINDS.items()}
    print(flush=True)  # noqa: T201 -- ready: what ends it from here on is a case's fault
    for number in range(first, last):
        print(json.dumps([number, *outcome(folder, seed, number, sound)]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
