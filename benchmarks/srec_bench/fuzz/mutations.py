"""Changes of files: some know the format, so that what is wrong lies deep in it."""

import json
import random
from collections.abc import Callable
from typing import Any

_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2**31, 2**63, 10**400, 1e308, 0.5, "", "x" * 5000, "\x00", "\ud800", "nan",
    [], {}, [[]], {"a": None}, "[" * 3000,
)  # fmt: skip
_CELLS = (
    b"", b"nan", b"NULL", b"-1", b"0", b"1e999", b"9" * 40, b'"', b"'", b"\x00", b"\xff\xfe", b"=1+1",
    b"1970-01-01", b"9999-99-99", b"\r", b",,,,", b"{}", b"true", b"x" * 5000,
)  # fmt: skip

_LARGE = 1 << 22  # bytes, beyond which a file does not grow


def mutated(content: bytes, name: str, rng: random.Random) -> bytes:
    """A file's content with one change, or a few.

    Args:
        content: of a sound file.
        name: the file's name; its ending says which changes make sense.
        rng: chooses.
    """
    changes: list[Callable[[bytes, random.Random], bytes]] = [_flip, _cut, _repeat, _replace, _swap]
    if name.endswith(".json"):
        changes += [_json] * 12
    elif name.endswith(".npy"):
        changes += [_head, _head, _numbers, _numbers, _numbers]
    elif name.endswith((".csv", ".jsonl", ".toml")):
        changes += [_cell] * 8
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        content = rng.choice(changes)(content, rng)
    return content


def _flip(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 8))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(content: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return rng.choice((content[:start], content[:start] + content[end:], content[end:]))


def _repeat(content: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    times = rng.choice((2, 3, 50)) if len(content) < _LARGE else 1
    return content[:start] + content[start:end] * times + content[end:]


def _replace(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    new = rng.choice((b"\xff" * 8, bytes(8), b"\x7f" * 4, b"\x80\x80\x80\x80\x10", rng.randbytes(16)))
    return content[:start] + new + content[start + len(new) :]


def _swap(content: bytes, rng: random.Random) -> bytes:
    a, b, c = sorted(rng.randrange(len(content) + 1) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def _cell(content: bytes, rng: random.Random) -> bytes:
    """Put something else between two separators."""
    marks = [at for at, byte in enumerate(content) if byte in b',\n:"=']
    if len(marks) < 2:
        return _flip(content, rng)
    at = rng.randrange(len(marks) - 1)
    return content[: marks[at] + 1] + rng.choice(_CELLS) + content[marks[at + 1] :]


def _json(content: bytes, rng: random.Random) -> bytes:
    """Change a value, leave one out, or nest it deeply."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return _flip(content, rng)
    if rng.random() < 0.03:
        return content.replace(b"1", b"[" * 100_000, 1)
    text = json.dumps(_changed(value, rng))
    return text.encode("utf-8", "surrogatepass")


def _changed(value: Any, rng: random.Random) -> Any:
    if value and isinstance(value, dict) and rng.random() < 0.9:
        key = rng.choice(sorted(value))
        rest = {name: one for name, one in value.items() if name != key}
        how = rng.random()
        if how < 0.1:
            return rest
        if how < 0.2:
            return {**rest, rng.choice(("", "more", key.upper())): value[key]}
        return {**value, key: _changed(value[key], rng)}
    if value and isinstance(value, list) and rng.random() < 0.9:
        at = rng.randrange(len(value))
        how = rng.random()
        if how < 0.1:
            return value[:at] + value[at + 1 :]
        if how < 0.2:
            return [*value, value[at]]
        return [*value[:at], _changed(value[at], rng), *value[at + 1 :]]
    return rng.choice(_VALUES)


def _head(content: bytes, rng: random.Random) -> bytes:
    """Change what the head of an array says."""
    new = (
        b"(9223372036854775807,)",
        b"(1, 1)",
        b"(-1,)",
        b"()",
        b"'|O'",
        b"'>i4'",
        b"'<f8'",
        b"'<i1'",
        b"'<M8[s]'",
        b"True",
    )
    old = (content[content.find(b"(") : content.find(b")") + 1], b"'<i4'", b"'<i8'", b"'<f4'", b"False")
    was, now = rng.choice(old), rng.choice(new)
    found = content.replace(was, now, 1) if was else content
    shift = len(found) - len(content)
    end = found.find(b"\n")
    # The head keeps its length where its blanks allow that.
    return (
        found[: end - shift] + found[end:] if 0 < shift <= end else found[:end] + b" " * -shift + found[end:]
    )


def _numbers(content: bytes, rng: random.Random) -> bytes:
    """Change a number behind the head of an array."""
    start = content.find(b"\n") + 1
    if len(content) - start < 8:
        return _flip(content, rng)
    at = start + 4 * rng.randrange((len(content) - start) // 4)
    new = rng.choice(
        (
            b"\xff" * 4,
            b"\xff\xff\xff\x7f",
            bytes(4),
            b"\x00\x00\xc0\x7f",
            b"\x00\x00\x80\x7f",
            rng.randbytes(4),
        )
    )
    return content[:at] + new + content[at + 4 :]
