"""Lists of Arrow, however they are laid out."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def is_list(kind: pa.DataType) -> bool:
    """Whether a type is a list: also a large one, a view, and one of a fixed size."""
    types = pa.types
    tests = (
        types.is_list,
        types.is_large_list,
        types.is_fixed_size_list,
        types.is_list_view,
        types.is_large_list_view,
    )
    return any(test(kind) for test in tests)


def plain_lists(lists: pa.Array) -> pa.Array:
    """Lists of any layout as a large list.

    Arrow's own cast of views leaves their last offset 0.

    Args:
        lists: an array for whose type ``is_list`` holds.
    """
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
    return pa.LargeListArray.from_arrays(pa.array(offsets), pc.list_flatten(lists), mask=lists.is_null())
