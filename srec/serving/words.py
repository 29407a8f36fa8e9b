"""The page's texts for what the server writes itself: read from the page's own file, so that there is one."""

import json
import re
from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("static") / "words.js"
_LANGUAGES = {"ENGLISH": "en", "GERMAN": "de"}


class Words:
    """The texts in one language.

    Args:
        language: "en" or "de".
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = texts()[language]

    def __call__(self, key: str, **values: object) -> str:
        """A text, with values in place of {names}."""
        return re.sub(r"\{(\w+)\}", lambda hole: str(values[hole[1]]), self._texts[key])


@cache
def texts() -> dict[str, dict[str, str]]:
    """Every text by language and key."""
    script = WORDS.read_text(encoding="utf-8")
    return {
        language: {
            key: json.loads(text)
            for key, text in re.findall(
                r'^  (\w+): (".*"),$', script.split(f"const {name} = {{")[1].split("\n};")[0], re.MULTILINE
            )
        }
        for name, language in _LANGUAGES.items()
    }


def chosen(asked: str | None, accepted: str) -> Words:
    """The texts in the language that an address asks for, or else a browser accepts, or else English.

    Args:
        asked: the address's language.
        accepted: the header Accept-Language; its order counts, as browsers write the first choice first.
    """
    for tag in [asked or "", *accepted.split(",")]:
        if (language := tag.strip()[:2].lower()) in texts():
            return Words(language)
    return Words("en")
