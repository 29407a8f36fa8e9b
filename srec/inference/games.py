"""What a visitor is told of a game."""

from dataclasses import dataclass

_LARGEST = 2**31 - 1


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

    @property
    def sound(self) -> bool:
        """Whether every fact has its type, for a reader of stored ones."""
        numbers = (self.release_year, self.price_usd_cents)
        return (
            type(self.app_id) is int
            and 0 < self.app_id <= _LARGEST
            and isinstance(self.name, str)
            and all(one is None or (type(one) is int and 0 <= one <= _LARGEST) for one in numbers)
            and (self.is_free is None or isinstance(self.is_free, bool))
            and all(
                isinstance(texts, tuple) and all(isinstance(text, str) for text in texts)
                for texts in (self.developers, self.genres, self.platforms)
            )
        )
