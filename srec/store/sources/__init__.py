"""The sources: one file each, and one line here."""

from collections.abc import Callable

from srec.store.sources.base import Source
from srec.store.sources.simulated import SimulatedSource
from srec.store.sources.steam_api import SteamApiSource
from srec.store.sources.tabular import TableSource
from srec.store.sources.ucsd import UcsdSource

SOURCES: dict[str, Callable[..., Source]] = {
    UcsdSource.name: UcsdSource,
    SteamApiSource.name: SteamApiSource,
    TableSource.name: TableSource,
    SimulatedSource.name: SimulatedSource,
}
