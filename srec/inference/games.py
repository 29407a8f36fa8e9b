"""What a visitor is told of a game."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GameInfo:
    """What is known of a game; what is not is None, or an empty list."""

    app_id: int
    name: str
    release_year: int | None = None
    price_usd_cents: int | None = None
    is_free: bool | None = None
    developers: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
