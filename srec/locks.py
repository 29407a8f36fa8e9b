"""Locks between processes, directories that change places in one step, and what killed processes left."""

import ctypes
import errno
import glob
import os
import shutil
import tempfile
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Any

#: The endings of what stands beside a target while it is written, as ``.<target>.<random><ending>``.
NEW, DRAFT, OLD = ".new", ".draft", ".old"
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_HERE = -100  # AT_FDCWD
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}


def lock(path: Path, stack: ExitStack) -> bool | None:
    """Lock a file or directory until the stack closes; a killed process loses its locks.

    Args:
        path: the file or directory.
        stack: holds the lock.

    Returns:
        True if it is locked now, False if another process has locked it or it is gone, None if the system
        has no such locks (Windows).
    """
    try:
        import fcntl
    except ImportError:
        return None
    try:
        opened = os.open(path, os.O_RDONLY)
        stack.callback(os.close, opened)
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its last owner may have removed it meanwhile: what is locked must be what has the name.
        return os.path.samestat(os.fstat(opened), os.stat(path))
    except OSError:
        return False


def new_folder(target: Path, held: ExitStack, ending: str = DRAFT) -> Path:
    """An empty folder beside a target, locked until ``held`` closes; what killed processes left goes.

    Args:
        target: what will be written.
        held: holds the lock.
        ending: of the folder's name.
    """
    sweep(target)
    while True:
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=NEW, dir=target.parent))
        locked = lock(made, held)
        # It gets its name only when it is locked, so one without a lock belongs to nobody.
        with suppress(FileNotFoundError):  # swept by another process before it was locked
            made.chmod(0o755)
            if locked is not False:
                return made.rename(made.with_suffix(ending))


def sweep(target: Path) -> None:
    """Remove what killed processes left beside a target, and put back what one had taken away.

    Args:
        target: a file or directory; a target that is absent comes back if an old one is found whole.
    """
    for ending in (OLD, DRAFT, NEW):
        for left in target.parent.glob(f".{glob.escape(target.name)}.*{ending}"):
            if "." in left.name[len(target.name) + 2 : -len(ending)]:
                continue  # of another target, whose name begins alike
            with ExitStack() as taken, suppress(OSError):
                if not lock(left, taken):
                    continue
                if ending == OLD and (left / target.name).exists() and not target.exists():
                    (left / target.name).rename(target)
                remove(left)


def remove(path: Path) -> None:
    """Remove a file, a link or a directory, as far as that is possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def put_in_place(draft: Path, target: Path) -> None:
    """Give a directory the name of its target; an older one is then where the draft was, or gone.

    Where the system can exchange two names, there is a whole directory at the target at every moment. Where
    it cannot, a kill between two renames leaves none, and ``sweep`` puts the older one back.

    Args:
        draft: the directory, beside the target.
        target: its name from now on.
    """
    if not target.exists():
        draft.rename(target)
    elif not exchange(draft, target):
        with ExitStack() as held:
            old = new_folder(target, held, OLD)
            target.rename(old / target.name)
            draft.rename(target)
            remove(old)


def exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two files or directories in one step.

    Returns:
        Whether the system and the file system can do so; if not, nothing has changed.

    Raises:
        OSError: they could, but something else stands in the way.
    """
    rename = _renameat2()
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(other))


@cache
def _renameat2() -> Any:
    """The C library's function; None where it has none."""
    with suppress(OSError, AttributeError, TypeError):
        function = ctypes.CDLL(None, use_errno=True).renameat2
        function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
        return function
    return None


def sync(path: Path) -> None:
    """Wait until a file or directory is on disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no directories
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
