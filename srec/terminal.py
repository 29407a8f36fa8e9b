"""Text from elsewhere, shown in a terminal: control characters are shown, not obeyed."""

import re
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

# C0 but the line feed, DEL and C1; then what changes the direction of text or has no width.
_CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]"
)


def visible(text: str) -> str:
    """The text with each control character as its picture (U+2400 and on) or its escape."""
    return _CONTROL.sub(_picture, text)


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\\u{code:04x}"


class PlainConsole(Console):
    """A console whose output has no control characters but Rich's own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As Rich does, with the control characters of all texts shown."""
        for one in super().render(renderable, options):
            yield one if one.control else Segment(visible(one.text), one.style)
