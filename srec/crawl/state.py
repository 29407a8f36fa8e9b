"""What a crawl remembers of each app, in the store's notes, which are committed together with the rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from srec.crawl.reviews import START
from srec.errors import SRecError

_REFRESH = "crawl:refresh"
_State = TypeVar("_State", bound=BaseModel)


class Walk(BaseModel):
    """A reading of an app's reviews from the newest back that is not finished.

    ``number`` counts the readings of the same purpose: a doubtful one is repeated. ``newest`` is when the
    newest review of the walk's first page was written, ``last`` the id of the last review read, ``total``
    what the first page says there are. It ended because it ``met`` what was read before, because it is
    ``broken`` (the app's pages ceased to be pages), or because there was nothing more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = 1
    refresh: bool = False
    cursor: str = START
    newest: int | None = None
    last: str | None = None
    read: int = 0
    total: int | None = None
    ended: bool = False
    met: bool = False
    broken: bool = False


class App(BaseModel):
    """Where the crawl stands with an app.

    ``frontier`` is the time until which all its reviews were read; it moves only when a walk has closed the
    gap to it, so a walk that is killed leaves no hole. ``end`` is the id of the oldest review, where the
    last walk to the end ended. An app is ``silent`` where its reviews were last asked for in vain. Times are
    seconds since 1970.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frontier: int | None = None
    end: str | None = None
    walk: Walk | None = None
    checked: int = 0  # when its reviews were last asked for to the end of a walk
    described: int = 0  # when details and tags were last asked for
    refreshed: int = 0  # the number of the last refresh it took part in
    gone: bool = False
    silent: bool = False


class Pass(BaseModel):
    """The last ``--refresh``, which may take several runs.

    ``apps`` are all that it must read, whichever run named them: an app's ``refreshed`` says whether it was
    read. There are none where it is done, or where a version that kept no list began it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = 0
    done: bool = True
    apps: tuple[int, ...] = ()

    def taken_up(self, apps: Iterable[int]) -> "Pass":
        """The refresh that a run of these apps belongs to: this one, or the next where this one is done."""
        named = tuple(dict.fromkeys((*self.apps, *apps)))
        return Pass(number=self.number + self.done, done=False, apps=named)

    def visited(self, left: Sequence[int]) -> "Pass":
        """What follows a run that visited every app and could not read those that are left.

        They begin the next refresh. An app that never answers would otherwise keep this one open for ever,
        and the others would not be read again.

        Args:
            left: the apps that could not be read.
        """
        done = Pass(number=self.number)
        return done.taken_up(left) if left else done

    def note(self) -> dict[str, str]:
        """As the store keeps it."""
        return {_REFRESH: self.model_dump_json()}


def app_note(app_id: int, app: App) -> dict[str, str]:
    """Where the crawl stands with an app, as the store keeps it.

    Args:
        app_id: the app.
        app: where the crawl stands with it.
    """
    return {f"crawl:{app_id}": app.model_dump_json(exclude_defaults=True)}


def read_app(notes: Mapping[str, str], app_id: int) -> App:
    """What the notes say of an app; the state of a new one where they say nothing.

    Args:
        notes: the store's.
        app_id: the app.

    Raises:
        SRecError: this version did not write the note.
    """
    return _read(App, notes, f"crawl:{app_id}")


def read_pass(notes: Mapping[str, str]) -> Pass:
    """What the notes say of the last refresh.

    Raises:
        SRecError: this version did not write the note.
    """
    return _read(Pass, notes, _REFRESH)


def _read(kind: type[_State], notes: Mapping[str, str], key: str) -> _State:
    try:
        return kind.model_validate_json(notes.get(key, "{}"))
    except ValidationError as error:
        raise SRecError(f"the store's note {key} was not written by this version of srec crawl") from error
