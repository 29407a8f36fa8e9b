"""What a run of the crawl did, and how far it has come."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What a run did, and how far it came."""

    apps: int
    done: int = 0
    pages: int = 0
    reviews: int = 0
    added: int = 0
    replaced: int = 0
    removed: int = 0
    rejected: int = 0
    requests: int = 0
    retries: int = 0
    hiccups: int = 0  # answers that were not errors and yet not believed
    gone: list[int] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)  # their walk was repeated, and is still not believed
    unanswered: list[int] = field(default_factory=list)
    stopped: str = ""  # why not all apps were done

    @property
    def whole(self) -> bool:
        """Whether every app was done, beyond doubt."""
        return not (self.stopped or self.doubtful or self.unanswered)


@dataclass(frozen=True)
class CrawlProgress:
    """How far a run has come.

    Attributes:
        done: apps that are done; of the current app, the share that was read.
        apps: how many there are.
        reviews: how many were read.
    """

    done: float
    apps: int
    reviews: int


#: Called as a run goes on.
CrawlWatch = Callable[[CrawlProgress], None]
