"""The key of a store: the secret that ids are hashed with. It is kept outside the store.

Whoever has a store and its key can find out who is in it, by hashing every id there is. A store alone names
nobody, and it keeps only a fingerprint of its key, by which a wrong one is noticed.
"""

import hashlib
import os
import re
import secrets
from contextlib import ExitStack, suppress
from pathlib import Path

from srec.errors import SRecError
from srec.locks import new_folder, remove, sync
from srec.reading import read_bytes

#: The environment variables that hold a key, and the path of the file that holds it.
KEY, KEY_FILE = "SREC_STORE_KEY", "SREC_STORE_KEY_FILE"
_FORM = re.compile(r"[0-9a-f]{64}")
_LARGEST = 1024


def fingerprint(key: str) -> str:
    """What a store keeps of its key: 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def beside(store: Path) -> Path:
    """The key file of a store in a file, where no environment variable names another."""
    real = store.resolve()
    return real.with_name(f"{real.name}.key")


def new_key(name: str, usual: Path | None) -> str:
    """The key of a store that is about to be made: the one that is there, or a random one, which is kept.

    Args:
        name: how messages call the store.
        usual: its key file where the environment names no other; None where it has none.

    Raises:
        SRecError: there is no place for a key, or what is there is none.
    """
    held = _held(name, usual)
    return _keep(secrets.token_hex(32), _file(name, usual)) if held is None else held[0]


def move_out(key: str, name: str, usual: Path | None) -> None:
    """Put the key that a store itself has held where keys are kept.

    Args:
        key: the key.
        name: how messages call the store.
        usual: as for ``new_key``.

    Raises:
        SRecError: another key is there, or it cannot be written.
    """
    held = _held(name, usual)
    if held is None:
        file = _file(name, usual)
        held = _keep(key, file), str(file)
    if held[0] != key:
        raise SRecError(
            f"{held[1]} holds another key than {name} does: move it away, so that the store's own can be kept"
        )


def key_of(name: str, identity: str, usual: Path | None) -> str:
    """The key of a store.

    Args:
        name: how messages call the store.
        identity: the key's fingerprint.
        usual: as for ``new_key``.

    Raises:
        SRecError: it is missing, or it is the key of another store.
    """
    held = _held(name, usual)
    if held is None:
        raise SRecError(
            f"the key of {name} is missing: put {_file(name, usual)} back; without it the store can be read,"
            " not written"
        )
    key, where = held
    if fingerprint(key) != identity:
        raise SRecError(f"{where} is not the key of {name}: give the key that the store was made with")
    return key


def place_of(name: str, usual: Path | None) -> str:
    """Where the key of a store is kept: a variable's name, or the path of a file."""
    return KEY if os.environ.get(KEY) else str(_file(name, usual))


def _held(name: str, usual: Path | None) -> tuple[str, str] | None:
    """The key, and where it is from."""
    if given := os.environ.get(KEY):
        return _checked(given, KEY), KEY
    file = _file(name, usual)
    with suppress(FileNotFoundError):
        return _read(file), str(file)
    return None


def _file(name: str, usual: Path | None) -> Path:
    if given := os.environ.get(KEY_FILE):
        return Path(given).absolute()
    if usual is None:
        raise SRecError(
            f"{name} needs a key for the ids of its users: set {KEY_FILE} to a file, which is made if it is"
            f" missing, or {KEY} to the key itself"
        )
    return usual


def _read(file: Path) -> str:
    return _checked(read_bytes(file, _LARGEST).decode("ascii", "replace"), str(file))


def _checked(text: str, where: str) -> str:
    key = text.strip()
    if not _FORM.fullmatch(key):
        raise SRecError(f"{where} holds no key: a key is 64 hexadecimal digits in lower case")
    return key


def _keep(key: str, file: Path) -> str:
    """Write a key file that only its owner can read; where another process was faster, its key counts."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            folder = new_folder(file, held)
            held.callback(remove, folder)
            draft = os.open(folder / file.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(draft, f"{key}\n".encode())
                os.fsync(draft)
            finally:
                os.close(draft)
            with suppress(FileExistsError):
                os.link(folder / file.name, file)
        sync(file.parent)
        return _read(file)
    except OSError as error:
        raise SRecError(f"the key file {file} cannot be written: {error.strerror}") from error
