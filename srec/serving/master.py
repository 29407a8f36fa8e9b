"""Several workers: one that dies or hangs is replaced, and all are replaced one after the other on demand.

The master never waits for a single worker. Each worker writes to its own pipe, once when it listens and then
once a second from its event loop; the master wakes for whatever comes first.
"""

import logging
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

logger = logging.getLogger("srec.serving")

#: What a worker runs: it gets the sockets to listen on; a function that it calls once a second from its event
#: loop, first when it listens, and False says that the master is gone; and its place, a small number that no
#: other worker has.
Work = Callable[[list[socket.socket], Callable[[], bool], int], None]


@dataclass(frozen=True)
class Patience:
    """Seconds.

    Attributes:
        starting: that a new worker may take until it listens.
        living: that one which listens may be silent, before it is taken for hung and killed.
        leaving: that one which was told to leave may take.
        again: until a worker that did not start is started again.
    """

    starting: float = 60.0
    living: float = 30.0
    leaving: float = 15.0
    again: float = 2.0


class Master:
    """Keeps workers at work until a signal says to stop.

    Args:
        work: what each worker runs, in a process of its own.
        sockets: what they listen on.
        count: how many.
        patience: how long they are waited for.
        started: called once, when the first one listens.
    """

    def __init__(
        self,
        work: Work,
        sockets: Sequence[socket.socket],
        *,
        count: int,
        patience: Patience,
        started: Callable[[], None] = lambda: None,
    ) -> None:
        self._work, self._sockets, self._count = work, list(sockets), count
        self._patience, self._started = patience, started
        self._workers: list[_Worker] = []
        self._old: list[_Worker] = []  # those that still have to be replaced
        self._served = self._stopping = self._failed = False
        self._not_before = 0.0

    def run(self) -> bool:
        """Work until SIGTERM or SIGINT; SIGHUP replaces the workers.

        Returns:
            False if not even the first worker came up; it has said why.
        """
        bell, ring = socket.socketpair()
        bell.setblocking(False)
        ring.setblocking(False)
        rang: list[int] = []
        with bell, ring:
            before = {
                number: signal.signal(number, lambda got, _: rang.append(got))
                for number in (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGTERM))
            }
            awake = signal.set_wakeup_fd(ring.fileno())
            try:
                while not self._failed and (self._workers or not self._stopping):
                    self._turn(bell, rang)
            finally:
                signal.set_wakeup_fd(awake)
                for number, handler in before.items():
                    signal.signal(number, handler)
                for worker in self._workers:
                    worker.process.kill()
                    worker.process.join()
                for one in self._sockets:
                    one.close()
        return not self._failed

    def _turn(self, bell: socket.socket, rang: list[int]) -> None:
        while rang:
            self._obey(rang.pop(0))
        now = time.monotonic()
        for worker in list(self._workers):
            self._look_at(worker, now)
        if not (self._stopping or self._failed):
            self._fill(now)
        pipes = [worker.pipe for worker in self._workers if worker.talks]
        wait([*pipes, *(worker.process.sentinel for worker in self._workers), bell], timeout=0.5)
        with suppress(BlockingIOError):
            bell.recv(1024)

    def _obey(self, number: int) -> None:
        if number == getattr(signal, "SIGHUP", None):
            self._old = [worker for worker in self._workers if not worker.leaving]
            return
        self._stopping = True
        for one in self._sockets:
            one.close()  # the workers' own are the last ones now
        for worker in self._workers:
            worker.leave(self._patience.leaving)

    def _look_at(self, worker: "_Worker", now: float) -> None:
        if worker.hear(now, self._patience.living) and not self._served:
            self._served = True
            self._started()
        if worker.process.exitcode is not None:
            self._bury(worker, now)
        elif now > worker.deadline:
            if not worker.leaving:
                logger.error("worker %d does not answer: it is replaced", worker.process.pid)
            worker.process.kill()
            worker.deadline = float("inf")

    def _bury(self, worker: "_Worker", now: float) -> None:
        worker.hear(now, self._patience.living)
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)
        if worker in self._old:
            self._old.remove(worker)
        if worker.leaving:
            return
        if worker.ready:
            logger.error("worker %d ended (%d): it is replaced", worker.process.pid, worker.process.exitcode)
        elif not self._served:
            self._failed = True
        elif self._old:
            logger.error("a new worker did not start: the old ones stay")
            self._old = []
        else:
            self._not_before = now + self._patience.again

    def _fill(self, now: float) -> None:
        """Start what is missing, and let one old worker leave for each new one that listens."""
        staying = [worker for worker in self._workers if not worker.leaving]
        if self._old and len(staying) > self._count and all(worker.ready for worker in staying):
            self._old.pop(0).leave(self._patience.leaving)
            return
        # Until the first one listens there is one: the bundle may be damaged.
        wanted = self._count + bool(self._old) if self._served else 1
        if len(staying) < wanted and now >= self._not_before:
            taken = {worker.place for worker in self._workers}
            place = next(number for number in range(len(taken) + 1) if number not in taken)
            deadline = now + self._patience.starting
            self._workers.append(_Worker(self._work, self._sockets, place, deadline))


class _Worker:
    """A process, and what is known of it."""

    def __init__(self, work: Work, sockets: list[socket.socket], place: int, deadline: float) -> None:
        spawn = get_context("spawn")
        self.pipe, its = spawn.Pipe(duplex=False)
        self.process: BaseProcess = spawn.Process(target=_run, args=(work, sockets, its, place))
        self.process.start()
        its.close()  # so that the pipe ends with the worker
        self.place, self.deadline = place, deadline
        self.ready, self.leaving, self.talks = False, False, True

    def hear(self, now: float, living: float) -> bool:
        """Whether it has written that it lives."""
        heard = False
        try:
            while self.talks and self.pipe.poll():
                self.pipe.recv_bytes(16)
                heard = True
        except (EOFError, OSError):
            self.talks = False
        if heard:
            self.ready = True
            if not self.leaving:
                self.deadline = now + living
        return heard

    def leave(self, patience: float) -> None:
        """Tell it to stop; one that does not is killed."""
        if not self.leaving:
            self.leaving, self.deadline = True, time.monotonic() + patience
            self.process.terminate()


def _run(work: Work, sockets: list[socket.socket], pipe: Connection, place: int) -> None:
    def alive() -> bool:
        try:
            pipe.send_bytes(b"1")
        except OSError:
            return False
        return True

    work(sockets, alive, place)
