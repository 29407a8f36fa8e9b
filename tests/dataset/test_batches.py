import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from srec.dataset.batches import Examples, batches, examples
from srec.dataset.dataset import Sequences

parts = st.lists(
    st.tuples(*[st.lists(st.integers(1, 50), max_size=5) for _ in range(3)]), min_size=1, max_size=8
)


def sequences(sessions: list[tuple[list[int], list[int], list[int]]]) -> Sequences:
    items = np.array([item for session in sessions for part in session for item in part], np.int32)
    lengths = np.array([[len(part) for part in session] for session in sessions])
    offsets = np.concatenate(([0], np.cumsum(lengths.sum(1))))
    train_ends = offsets[:-1] + lengths[:, 0]
    return Sequences(
        items,
        np.arange(len(items)),
        offsets,
        train_ends,
        train_ends + lengths[:, 1],
        train_ends + lengths[:, 1],
    )


def as_pairs(data: Examples) -> list[tuple[list[int], int]]:
    return [
        (data.items[start:end].tolist(), int(data.items[end]))
        for start, end in zip(data.starts, data.ends, strict=True)
    ]


@given(parts, st.integers(1, 4))
def test_examples_are_every_prefix_of_their_part(
    sessions: list[tuple[list[int], list[int], list[int]]], max_length: int
) -> None:
    for at, name in enumerate(("train", "valid", "test")):
        expected = []
        for session in sessions:
            whole = [item for part in session for item in part]
            begin = sum(len(part) for part in session[:at])
            for end in range(max(begin, 1), begin + len(session[at])):
                expected.append((whole[max(0, end - max_length) : end], whole[end]))
        assert as_pairs(examples(sequences(sessions), name, max_length)) == expected


@given(parts)
def test_fit_is_training_and_validation(sessions: list[tuple[list[int], list[int], list[int]]]) -> None:
    data = sequences(sessions)
    both = as_pairs(examples(data, "train", 9)) + as_pairs(examples(data, "valid", 9))
    assert sorted(as_pairs(examples(data, "fit", 9))) == sorted(both)


@given(parts)
def test_learnable_positions_end_where_the_next_part_begins(
    sessions: list[tuple[list[int], list[int], list[int]]],
) -> None:
    data = sequences(sessions)
    items, _, users = data.learnable("train")
    assert items.tolist() == [item for session in sessions for item in session[0]]
    assert users.tolist() == [user for user, session in enumerate(sessions) for _ in session[0]]
    assert data.learnable("fit")[0].tolist() == [item for s in sessions for part in s[:2] for item in part]


def many(count: int) -> Examples:
    lengths = np.random.default_rng(0).integers(1, 30, count)
    starts = np.zeros(count, np.int64)
    return Examples(np.arange(1, 40, dtype=np.int32), starts, lengths, np.arange(count))


def test_every_example_comes_once_and_batches_hold_similar_lengths() -> None:
    data = many(1000)
    cut = list(batches(data, 32, np.random.default_rng(1)))
    assert sorted(np.concatenate(cut)) == list(range(1000))
    spread = max(np.ptp(data.lengths[batch]) for batch in cut)
    assert spread <= 3, "30 lengths over 32 batches: a batch spans few of them"


def test_the_order_depends_on_the_generator_alone() -> None:
    first, again, other = (
        np.concatenate(list(batches(many(500), 32, np.random.default_rng(seed)))) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_inputs_are_padded_on_the_right() -> None:
    data = Examples(np.array([7, 8, 9, 5], np.int32), np.array([0, 2]), np.array([2, 3]), np.array([0, 0]))
    assert data.inputs(np.array([0, 1])).tolist() == [[7, 8], [9, 0]]
    assert data.targets.tolist() == [9, 5]


def test_shares_say_how_often_an_example_is_drawn() -> None:
    data = many(1000)
    shares = np.where(np.arange(1000) < 500, 3.0, 1.0) / 2000
    drawn = np.concatenate(list(batches(data, 32, np.random.default_rng(0), shares=shares)))
    assert len(drawn) == 1000
    # 750 expected, with a standard deviation of 13.7.
    assert 690 < (drawn < 500).sum() < 810
