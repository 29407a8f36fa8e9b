"""Python imports this by its name at its start: it writes down what is opened to write, and who is called.

What native libraries do goes past it.
"""

import os
import sys
import threading
from typing import Any

_TOLD = os.environ.get("SREC_WATCHED", "")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
#: Which argument of an event is the path of what is made.
_MADE = {"os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1, "os.truncate": 0, "sqlite3.connect": 0}


def _heard(event: str, given: tuple[Any, ...]) -> None:
    if event == "open":
        path, mode, flags = given
        if not isinstance(path, int) and (flags & _WRITING if flags else set(mode or "") & set("wax+")):
            _tell("write", path)
    elif event in _MADE:
        _tell("write", given[_MADE[event]])
    elif event == "socket.getaddrinfo":
        _tell("ask", f"{given[0]}")
    elif event in ("socket.connect", "socket.bind", "socket.sendto") and isinstance(given[1], tuple):
        _tell(event.partition(".")[2], f"{given[1][0]}:{given[1][1]}")


def _tell(what: str, whom: Any) -> None:
    if not isinstance(whom, int):
        named = os.path.abspath(os.fsdecode(whom)) if what == "write" else whom
        file = os.open(_TOLD, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, f"{what} {named!r}\n".encode())
        os.close(file)


if _TOLD:
    _busy = threading.local()

    def _once(event: str, given: tuple[Any, ...]) -> None:
        if not getattr(_busy, "now", False):
            _busy.now = True
            try:
                _heard(event, given)
            finally:
                _busy.now = False

    sys.addaudithook(_once)
