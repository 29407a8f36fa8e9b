"""The sources: one file each, and one line here."""

from collections.abc import Callable

from srec.data.sources.base import Source
from srec.data.sources.simulated import SimulatedSource
from srec.data.sources.steam_api import SteamApiSource
from srec.data.sources.tabular import TableSource
from srec.data.sources.ucsd import UcsdSource

SOURCES: dict[str, Callable[..., Source]] = {
    UcsdSource.name: UcsdSource,
    SteamApiSource.name: SteamApiSource,
    TableSource.name: TableSource,
    SimulatedSource.name: SimulatedSource,
}
