"""Runs a command and sees what it opens to write and whom it speaks to; strace sees native code too."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from srec.errors import SRecError
from srec.locks import remove

#: What a person's environment has and a command needs; CI quiets some libraries, so it is not there.
_KEPT = ("PATH", "LANG", "LC_ALL", "JAVA_HOME", "LD_LIBRARY_PATH")
_CALLS = (
    "open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mknod,"
    "mknodat,truncate,connect,bind,sendto,sendmsg"
)
_WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")
#: The last name of a call is what it makes; an open file has its whole path behind its number.
_OPENED = re.compile(r"(?:open|openat|openat2|creat)\((.*)\) = \d+<(.*)>$")
_MADE = re.compile(r"(?:mkdir|rename|link|symlink|mknod|truncate)(?:at2?)?\((.*)\) = 0$")
_ADDRESS = re.compile(
    r"(connect|bind|sendto|sendmsg)\(.*sin6?_port=htons\((\d+)\).*?"
    r'(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")'
)
_NAME = re.compile(r'(?:AT_FDCWD|\d+)?(?:<([^>]*)>)?,? ?"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Seen:
    """What a command did: ("write", a path), ("ask", a host), ("connect" or another call, an address)."""

    what: str
    whom: str


@dataclass(frozen=True)
class Watch:
    """A way to run a command and to see what it does.

    Attributes:
        folder: where the command runs, and what it may write into.
        home: its home folder.
        spare: its temporary folder.
        told: a folder for what is seen.
    """

    folder: Path
    home: Path
    spare: Path
    told: Path

    @property
    def means(self) -> list[str]:
        """What sees it."""
        return ["Python's audit events", *(["strace"] if shutil.which("strace") else [])]

    def environment(self) -> dict[str, str]:
        """The command's environment."""
        given = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return given | {
            "HOME": str(self.home),
            "TMPDIR": str(self.spare),
            "PYTHONPATH": str(Path(__file__).with_name("listening")),
            "SREC_WATCHED": str(self.told / "events"),
        }

    def traced(self, run: Sequence[str]) -> list[str]:
        """The command line that runs another one under the watch."""
        if "strace" not in self.means:
            return [*run]
        trace = str(self.told / "calls")
        return ["strace", "-f", "-qq", "-y", "--seccomp-bpf", "-e", f"trace={_CALLS}", "-o", trace, *run]

    def run(self, run: Sequence[str]) -> list[Seen]:
        """Run a command line to its end.

        Raises:
            SRecError: it fails.
        """
        done = subprocess.run(  # noqa: S603 -- our own commands
            self.traced(run),
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise SRecError(f"{' '.join(run[1:])} ended with status {done.returncode}: {' '.join(last)}")
        return self.seen()

    def seen(self) -> list[Seen]:
        """What was seen since the last call."""
        found = list[Seen]()
        for name, read in (("events", _events), ("calls", _calls)):
            file = self.told / name
            if file.exists():
                found += read(file.read_text(encoding="utf-8", errors="replace"), self.folder)
                file.unlink()
        return found

    def foreign(self, seen: Sequence[Seen], allowed: Mapping[str, set[str]]) -> list[str]:
        """What a command must not do, in words, each once.

        Args:
            seen: what it did.
            allowed: by call, the addresses that it was told to speak to; "HOST:*" is any port of a host.
        """
        own = (self.folder, self.spare, self.told)
        wrong = [
            f"{one.what} {one.whom}"
            for one in seen
            if (
                not _known(Path(one.whom), own)
                if one.what == "write"
                else not _fits(one.whom, allowed.get(one.what, set()))
            )
        ]
        return sorted({*wrong, *(f"leaves {path.relative_to(self.spare.parent)}" for path in self._left())})

    def _left(self) -> Iterator[Path]:
        """What lies in the temporary folder and at home; it goes: each command is watched alone."""
        for folder in (self.spare, self.home):
            for path in folder.iterdir() if folder.parent == self.spare.parent else ():
                yield path
                remove(path)


def _known(path: Path, own: Sequence[Path]) -> bool:
    """Whether a file is the command's own, the system's for a process, or Python's compiled code."""
    if any(path.is_relative_to(folder) for folder in own):
        return True
    system = path.parts[1:2] in (("dev",), ("proc",)) or not path.is_absolute()
    return system or "__pycache__" in path.parts


def _fits(whom: str, allowed: set[str]) -> bool:
    return whom in allowed or f"{whom.rpartition(':')[0] or whom}:*" in allowed


def _events(text: str, folder: Path) -> Iterator[Seen]:
    for line in text.splitlines():
        what, _, whom = line.partition(" ")
        yield Seen(what, whom.strip("'\""))


def _calls(text: str, folder: Path) -> Iterator[Seen]:
    for line in text.splitlines():
        call = line.partition(" ")[2].strip()
        if opened := _OPENED.match(call):
            if _WRITING.search(opened[1]):
                yield Seen("write", opened[2])
        elif made := _MADE.match(call):
            names = _NAME.findall(made[1])
            if names:
                where, name = names[-1]
                yield Seen("write", os.path.normpath(os.path.join(where or folder, name)))
        elif spoken := _ADDRESS.match(call):
            yield Seen(spoken[1].replace("sendmsg", "sendto"), f"{spoken[3] or spoken[4]}:{spoken[2]}")
