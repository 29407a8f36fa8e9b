"""Whether a review is positive, where a table has no such flag: by a rating, or every row."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from srec.errors import SettingsError

EVERY = "all"
_NUMBER = r"^[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?$"
_COMPARED = re.compile(r"\s*(?P<column>[^<>=!]+?)\s*(?P<sign>>=|<=|==|!=|=|<|>)\s*(?P<value>[^<>=!]+?)\s*")
_SIGNS: Mapping[str, Callable[..., Any]] = {
    ">=": pc.greater_equal,
    "<=": pc.less_equal,
    ">": pc.greater,
    "<": pc.less,
    "=": pc.equal,
    "==": pc.equal,
    "!=": pc.not_equal,
}


@dataclass(frozen=True)
class Verdict:
    """A rule that says which rows are positive.

    Attributes:
        column: the table's column that is compared; None: every row is positive.
        sign: how.
        value: with what: a number, or a text that is compared without regard to case.
    """

    column: str | None = None
    sign: str = "="
    value: float | str = 0.0

    @classmethod
    def read(cls, text: str) -> "Verdict":
        """The rule of a text: ``all``, or a column, a sign and a value, such as ``rating >= 4``.

        Raises:
            SettingsError: it is neither.
        """
        if text.strip().lower() == EVERY:
            return cls()
        match = _COMPARED.fullmatch(text)
        if match is None:
            raise SettingsError(
                f"positive is {EVERY}, or a column, a sign and a value, such as 'rating >= 4'; not {text!r}"
            )
        value = match["value"].strip("'\"")
        if re.match(_NUMBER, value) and math.isfinite(float(value)):
            return cls(match["column"].strip("'\""), match["sign"], float(value))
        if match["sign"] not in ("=", "==", "!="):
            raise SettingsError(f"positive: {match['sign']} compares with a number, and {value!r} is none")
        return cls(match["column"].strip("'\""), match["sign"], value.lower())

    def judged(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Batches whose ``positive`` is the verdict on what it held; NULL where that cannot be compared."""
        for batch in batches:
            if self.column is None:
                yield batch.append_column(
                    "positive", pa.array([True]).take(pa.array([0] * len(batch), pa.int32()))
                )
            else:
                at = batch.schema.get_field_index("positive")
                yield batch.set_column(at, "positive", self._judge(batch.column(at)))

    def _judge(self, given: pa.Array) -> pa.Array:
        if pa.types.is_dictionary(given.type):
            given = given.dictionary_decode()
        if pa.types.is_nested(given.type) or pa.types.is_null(given.type):
            return pa.nulls(len(given), pa.bool_())
        compare = _SIGNS[self.sign]
        if isinstance(self.value, str):
            texts = pc.utf8_trim_whitespace(given.cast(pa.string()))
            return compare(pc.utf8_lower(pc.if_else(pc.equal(texts, ""), None, texts)), self.value)
        if pa.types.is_boolean(given.type):
            given = given.cast(pa.int8())
        if not _is_number(given.type):
            texts = pc.utf8_trim_whitespace(given.cast(pa.string()))
            given = pc.if_else(pc.match_substring_regex(texts, _NUMBER), texts, None)
        numbers = given.cast(pa.float64(), safe=False)
        return compare(pc.if_else(pc.is_nan(numbers), None, numbers), self.value)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
