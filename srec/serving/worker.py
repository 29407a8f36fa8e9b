"""One process that answers: it looks after its connections, and leaves without losing a request."""

import asyncio
import functools
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast

from starlette.types import ASGIApp
from uvicorn import Config, Server

from srec.serving.connection import BoundedProtocol, Limits, Refusals
from srec.serving.counts import Counts
from srec.serving.listening import BACKLOG

GRACE = 10  # seconds that requests under way have when the server is told to stop
TICKS = 10  # of uvicorn's main loop in a second


class Worker(Server):
    """Answers on sockets that are open already, until a signal says to stop.

    Args:
        app: what answers.
        limits: what visitors are granted.
        counts: where refusals are counted.
        started: called once it listens.
        alive: called once a second while the event loop turns; False says to stop.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        *,
        counts: Counts | None = None,
        started: Callable[[], None] = lambda: None,
        alive: Callable[[], bool] = lambda: True,
    ) -> None:
        protocol = functools.partial(BoundedProtocol, limits=limits, refusals=Refusals(counts or Counts()))
        config = Config(
            app,
            http=cast("type[asyncio.Protocol]", protocol),  # uvicorn only calls it
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=GRACE,
            backlog=BACKLOG,
        )
        super().__init__(config)
        self._told, self._alive = started, alive

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        if self.started:
            self._told()

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections once a second."""
        if counter % TICKS == 0:
            self._look_after()
            if not self._alive():
                self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take what has connected already, answer what is under way, and end."""
        await self._take_waiting(sockets or ())
        looking = asyncio.ensure_future(self._keep_looking())
        try:
            await super().shutdown(sockets)
        finally:
            looking.cancel()

    async def _take_waiting(self, sockets: Sequence[socket.socket]) -> None:
        """Accept the connections that the system has made: it would reset them with the last socket."""
        loop = asyncio.get_running_loop()
        make = functools.partial(
            cast("Callable[..., BoundedProtocol]", self.config.http_protocol_class),
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        for listening in sockets:
            with suppress(BlockingIOError):
                for _ in range(BACKLOG):
                    await loop.connect_accepted_socket(make, listening.accept()[0])

    async def _keep_looking(self) -> None:
        while True:
            self._look_after()
            await asyncio.sleep(1 / TICKS)

    def _look_after(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in list(self.server_state.connections):
            assert isinstance(connection, BoundedProtocol)
            connection.look_after(now)
