"""What is read from disk has a declared shape, or is refused in one line."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from typing_extensions import TypedDict

from srec.errors import ArtifactError
from srec.reading import read_array, read_json


class Wanted(TypedDict):
    name: str
    ids: list[int]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"name": ' + '{"a":' * 100_000, "nested too deeply"),
        ("{", "cannot be read"),
        ("\x80", "cannot be read"),
        ("[]", "its content: "),
        ('{"name": 1, "ids": []}', "name: "),
        ('{"name": "a", "ids": [1.5]}', "ids.0: "),
        ('{"name": "a", "ids": [true]}', "ids.0: "),
        ('{"name": "a"}', "ids: "),
        ('{"name": "a", "ids": [NaN]}', "no number of JSON"),
    ],
)
def test_json_of_another_shape_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ArtifactError, match=said) as caught:
        read_json(file, Wanted)
    assert "\n" not in str(caught.value)
    file.write_text(json.dumps({"name": "a", "ids": [1], "more": None}))
    assert read_json(file, Wanted)["ids"] == [1]


def head(text: str) -> bytes:
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "content",
    [
        head("{'descr': '<i4', 'fortran_order': False, 'shape': (1152921504606846976,)}"),
        head("{'descr': '<i4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}"),
        head("{'descr': '<i4', 'fortran_order': False, 'shape': (-1,)}"),
        head("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"),
        head("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,)}") + bytes(4),
        head("{'descr': '>i4', 'fortran_order': False, 'shape': (1,)}") + bytes(4),
        head("{'descr': '<i2', 'fortran_order': False, 'shape': (1,)}") + bytes(2),
        head("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 1)}") + bytes(4),
        head("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}") + bytes(4),
        head("(" * 100),
        head("__import__('os').abort()"),
        b"\x80\x04K\x01.",
        b"PK\x03\x04",
        b"",
    ],
)
def test_an_array_is_what_its_head_and_its_reader_say(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.npy"
    file.write_bytes(content)
    with pytest.raises(ArtifactError, match="cannot be read") as caught:
        read_array(file, "i", 1)
    assert "\n" not in str(caught.value)
    whole = io.BytesIO()
    np.save(whole, np.arange(3))
    file.write_bytes(whole.getvalue())
    assert read_array(file, "i", 1).tolist() == [0, 1, 2]
