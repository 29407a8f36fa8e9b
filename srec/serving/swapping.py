"""A model on the air: a new published version is loaded beside the one that answers, checked, and swapped in.

A request is answered by the version that was there when it came, so a swap loses none. At most two versions
are in memory: the one that answers, and the one before, or the next one while it is loaded.
"""

import gc
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from srec.errors import ArtifactError, SRecError
from srec.publishing.folder import Models
from srec.serving.counts import Counts

SECONDS = 1.0  # between two looks at what is published
logger = logging.getLogger("srec.serving")


@dataclass(frozen=True)
class Loaded:
    """A version in memory."""

    number: int
    app: ASGIApp


class Swapping:
    """An ASGI app that passes requests to the app of the served version.

    Args:
        models: the folder of published versions.
        load: makes the app of a bundle and holds it to its golden requests.
        counts: where swaps and refused versions are counted.

    Raises:
        ArtifactError: nothing is published, or no version that was ever served can be loaded.
    """

    def __init__(
        self,
        models: Models,
        load: Callable[[Path], ASGIApp],
        counts: Counts | None = None,
    ) -> None:
        self._models, self._load, self._counts = models, load, counts or Counts()
        self._refused: int | None = None
        self._before: Loaded | None = None
        self._now = self._first()

    @property
    def number(self) -> int:
        """The version that answers."""
        return self._now.number

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the request."""
        await self._now.app(scope, receive, send)

    def watch(self) -> None:
        """Look at what is published again and again, in a thread that ends with the process."""
        threading.Thread(target=self._watch, name="srec-models", daemon=True).start()

    def look(self) -> None:
        """Swap in the published version if it is another one; a broken one is refused, once."""
        try:
            wanted = self._models.served()[-1]
        except ArtifactError as error:
            self._refuse(0, str(error))
            return
        if wanted == self._now.number:
            self._refused = None
        elif self._before is not None and wanted == self._before.number:
            self._swap(self._before)
        elif wanted != self._refused:
            self._forget_before()
            try:
                loaded = self._loaded(wanted)
            except (SRecError, OSError) as error:
                self._refuse(wanted, f"version {wanted} is refused: {error}")
            else:
                self._swap(loaded)

    def _first(self) -> Loaded:
        """The version that is served; if it is broken, the newest one that was served before."""
        served = self._models.served()
        for number in reversed(served):
            try:
                return self._loaded(number)
            except (SRecError, OSError) as error:
                self._refuse(number, f"version {number} is refused: {error}")
                refused = error
        raise ArtifactError(f"{self._models.path} has no version that can be served: {refused}")

    def _watch(self) -> None:
        clock = threading.Event()
        while not clock.wait(SECONDS):
            try:
                self.look()
            except Exception:
                # Whatever it is, visitors are answered, and the next look may succeed.
                logger.exception("the published models cannot be looked at")

    def _loaded(self, number: int) -> Loaded:
        return Loaded(number, self._load(self._models.folder(number)))

    def _swap(self, new: Loaded) -> None:
        old = self._now
        self._now = new
        self._before, self._refused = old, None
        self._counts.add("swaps")
        facts = {"event": "swap", "version": new.number, "before": old.number}
        logger.info("version %d answers; version %d is kept", new.number, old.number, extra={"facts": facts})

    def _refuse(self, number: int, said: str) -> None:
        if self._refused != number:
            self._refused = number
            self._counts.add("refused_versions")
            logger.error("%s", said, extra={"facts": {"event": "refused", "version": number}})

    def _forget_before(self) -> None:
        """Free the memory of the version before, which the next one needs."""
        self._before = None
        # What a server holds was taken from the collector; an app is a cycle that only the collector frees.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
