"""The search of a sum against scoring everything, for every kernel that can run here."""

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
from bundles import GAMES, sum_contents, write, write_toy_sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from srec.errors import ArtifactError
from srec.inference.answers import Asked, Request
from srec.inference.bundle import Bundle
from srec.inference.recommender import Recommender
from srec.inference.reference import Added, Found, best, empty, reference_scores
from srec.inference.scans import kernels
from srec.inference.summed import Summed
from srec.models.sums import Parts, Sum

KERNELS = kernels()
FIRST, SECOND, THIRD, FOURTH = (900_000_000 + 10 * at for at in (1, 2, 3, 4))


def random_sum(rng: np.random.Generator, count: int, dimension: int, *, coarse: bool) -> Sum:
    """Sparse rows of any length, none among them; coarse numbers make equal scores."""
    given = rng.random((count, count)) < rng.choice([0.02, 0.2, 0.7], (count, 1))
    np.fill_diagonal(given, False)

    def drawn(*size: int) -> np.ndarray:
        numbers = rng.integers(-2, 3, size) / 2 if coarse else rng.normal(size=size)
        return numbers.astype(np.float32)

    parts = Parts(
        np.append(0, given.sum(1).cumsum()),
        np.nonzero(given)[1].astype(np.int32),
        drawn(int(given.sum())),
        drawn(count, dimension),
        drawn(count, dimension),
        drawn(count),
        drawn(count),
    )
    assert parts.problem(count) is None
    return Sum(parts, float(rng.choice([0, 0.25, 0.35, 1])))


def random_asked(rng: np.random.Generator, count: int) -> Asked:
    """Liked, disliked and excluded games; a weight of popularity or none."""
    items = (rng.permutation(count) + 1).tolist()
    liked, disliked, excluded = rng.integers(0, [6, 4, 4])
    known, items = items[: liked + 1], items[liked + 1 :]
    hated, items = items[:disliked], items[disliked:]
    barred = [item - 1 for item in known + hated + items[:excluded]]
    if liked == 0:
        known, hated = hated, known
    return asking(known, hated, barred=barred, popularity=rng.choice([None, 0, 0.5, 1]))


def asking(known, disliked=(), *, barred=(), popularity=None) -> Asked:
    return Asked("smart", list(known), [], 10, list(disliked), list(barred), popularity, None)


def shares(model: Sum, asked: Asked) -> tuple[float, list[tuple[int, np.float32]]]:
    """The weight of popularity; the rows of the named games, ascending, with what their parts count."""
    weight = model.popularity_weight if asked.popularity is None else asked.popularity
    liked, disliked = len(asked.known), len(asked.disliked)
    named = [(item - 1, np.float32((1 - weight) / liked)) for item in asked.known]
    named += [(item - 1, np.float32(-(1 - weight) / max(liked, disliked))) for item in asked.disliked]
    return weight, sorted(named)


def everything(model: Sum, asked: Asked) -> np.ndarray:
    """The scores of all rows as docs/exactness.md defines them, one number after the other."""
    parts, (weight, named) = model.parts, shares(model, asked)
    largest = max([float(np.abs(parts.inputs[row]).max(initial=0)) for row, _ in named])
    _, exponent = np.frexp(sum(abs(float(share)) for _, share in named) * largest)
    step = 2.0 ** (int(exponent) - 23)
    vector = np.zeros(parts.inputs.shape[1])
    added = np.zeros(len(parts))
    for row, share in named:
        vector += np.rint(parts.inputs[row].astype(np.float64) * float(share) / step) * step
        for at in range(parts.offsets[row], parts.offsets[row + 1]) if share > 0 else ():
            added[parts.ids[at]] += float(share) * float(parts.values[at])
    whole = np.append(vector, (1 - weight, weight)).astype(np.float32)
    assert (whole[:-2] == vector).all()
    items = np.column_stack((parts.items, parts.quality, parts.popularity))
    return reference_scores(items, whole) + added


def slowly(model: Sum, asked: Asked, k: int, allowed: np.ndarray | None) -> Found:
    may = np.ones(len(model.parts), np.bool_) if allowed is None else allowed.copy()
    may[asked.barred] = False
    rows = np.flatnonzero(may)
    rows, scores = best(rows, everything(model, asked)[rows], k)
    found = empty(1, k)
    found.rows[0, : len(rows)], found.scores[0, : len(rows)] = rows, scores
    return found


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32), count=st.integers(8, 90), dimension=st.integers(0, 20), coarse=st.booleans()
)
def test_the_answer_is_that_of_scoring_everything(kernel, seed, count, dimension, coarse):
    rng = np.random.default_rng(seed)
    model = random_sum(rng, count, dimension, coarse=coarse)
    summed = Summed(model, kernel)
    asked = [asked for _ in range(3) if (asked := random_asked(rng, count)).named]
    k = int(rng.integers(1, count + 3))
    allowed = rng.random(count) < rng.choice([0, 0.1, 0.9]) if rng.random() < 0.5 else None
    found = summed.find(asked, k, allowed)
    for at, one in enumerate(asked):
        wanted = slowly(model, one, k, allowed)
        np.testing.assert_array_equal(found.rows[at], wanted.rows[0])
        np.testing.assert_array_equal(found.scores[at], wanted.scores[0])
    assert summed.index.counts.outside == 0


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_order_of_the_list_changes_no_bit(kernel):
    rng = np.random.default_rng(1)
    summed = Summed(random_sum(rng, 80, 12, coarse=False), kernel)
    wanted = summed.find([asking([4, 9, 31, 70], [2, 50])], 80)
    parts, popular = summed.parts(asking([4, 9, 31, 70], [2, 50]), [5, 60])
    for known in itertools.permutations([4, 9, 31, 70]):
        for disliked in ([2, 50], [50, 2]):
            found = summed.find([asking(known, disliked)], 80)
            np.testing.assert_array_equal(found.rows, wanted.rows)
            np.testing.assert_array_equal(found.scores, wanted.scores)
            others, same = summed.parts(asking(known, disliked), [5, 60])
            places = [[4, 9, 31, 70, 2, 50].index(item) for item in (*known, *disliked)]
            assert [[one[at] for at in places] for one in parts] == others
            assert popular == same


def test_all_kernels_explain_with_the_same_bits():
    rng = np.random.default_rng(2)
    model = random_sum(rng, 70, 11, coarse=False)
    every = [Summed(model, kernel) for kernel in KERNELS]
    for _ in range(30):
        asked = random_asked(rng, 70)
        rows = rng.permutation(70)[:12].tolist()
        explained = [one.parts(asked, rows) for one in every]
        assert all(one == explained[0] for one in explained)


@pytest.mark.parametrize("kernel", KERNELS)
def test_scores_are_those_of_the_model_and_the_parts_add_up_to_them(kernel):
    rng = np.random.default_rng(3)
    model = random_sum(rng, 60, 9, coarse=False)
    summed = Summed(model, kernel)
    for _ in range(40):
        asked = random_asked(rng, 60)
        found = summed.find([asked], 60)
        rows = found.rows[0][found.rows[0] >= 0]
        scores = found.scores[0][: len(rows)]
        weights = np.array([[1.0] * len(asked.known) + [-1.0] * len(asked.disliked)])
        theirs = model.weigh(np.array([asked.named]), weights, popularity=asked.popularity)[0]
        np.testing.assert_allclose(scores, theirs[rows], rtol=1e-5, atol=1e-5)
        parts, shared = summed.parts(asked, rows.tolist())
        whole = [sum(one) + sum(theirs) for one, theirs in zip(parts, shared, strict=True)]
        np.testing.assert_allclose(whole, scores, rtol=0, atol=1e-9)


def test_numbers_that_are_large_or_tiny_stay_exact_and_add_up():
    rng = np.random.default_rng(4)
    for factor in (3e37, 1e-30, 1e-38, 1e-44):
        model = random_sum(rng, 40, 7, coarse=False)
        small = np.float32(factor)
        parts = dataclasses.replace(
            model.parts,
            **{
                name: array * small for name, array in model.parts.arrays().items() if array.dtype.kind == "f"
            },
        )
        model = Sum(parts, 0.35)
        asked = asking([3, 8, 20], [12], barred=[2, 7, 19, 11])
        every = [Summed(model, kernel).find([asked], 12) for kernel in KERNELS]
        for found in every:
            np.testing.assert_array_equal(found.rows, every[0].rows)
            np.testing.assert_array_equal(found.scores, every[0].scores)
        rows = every[0].rows[0].tolist()
        parts_KN, shared_KC = Summed(model, None).parts(asked, rows)
        whole = [sum(one) + sum(other) for one, other in zip(parts_KN, shared_KC, strict=True)]
        np.testing.assert_allclose(whole, every[0].scores[0], rtol=1e-9)


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_added_to_a_damaged_index_is_answered_by_the_reference(kernel):
    rng = np.random.default_rng(5)
    model = random_sum(rng, 300, 15, coarse=False)
    summed = Summed(model, kernel)
    turned = dataclasses.replace(
        model.parts,
        **{name: getattr(model.parts, name)[::-1] for name in ("items", "quality", "popularity")},
    )
    # This simulates damaged memory: the bounds belong to other rows.
    summed.index._items_VD[:] = summed.index._items_VD[::-1].copy()
    asked = asking([4, 17], barred=[3, 16])
    found = summed.find([asked], 9)
    assert summed.index.counts.outside > 0
    np.testing.assert_array_equal(
        found.rows, slowly(Sum(turned, model.popularity_weight), asked, 9, None).rows
    )


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("rows", "numbers"),
    [
        ([1, 1], [1, 1]),
        ([2, 1], [1, 1]),
        ([-1], [1]),
        ([9], [1]),
        ([1], [np.nan]),
        ([1], [np.inf]),
        ([1], []),
    ],
)
def test_added_numbers_that_make_no_sense_are_refused(kernel, rows, numbers):
    index = Summed(random_sum(np.random.default_rng(6), 9, 3, coarse=True), kernel).index
    added = [Added(np.array(rows, np.int64), np.array(numbers, np.float64))]
    with pytest.raises(ValueError, match="must be finite, for rows that ascend"):
        index.search(np.ones((1, 5), np.float32), 2, added=added)
    with pytest.raises(ValueError, match="must be listed for each query"):
        index.search(np.ones((2, 5), np.float32), 2, added=added)


@pytest.fixture(scope="module")
def recommender(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    return Recommender(write_toy_sum(tmp_path_factory.mktemp("sum") / "b"))


@pytest.mark.parametrize("kernel", KERNELS)
def test_golden_requests_pass_with_every_kernel_and_the_counter_stays_0(kernel, recommender):
    served = Recommender(recommender.bundle, kernel)
    assert served.index.counts.queries == len(served.bundle.golden) > 0
    assert served.index.counts.outside == 0


@pytest.mark.parametrize("popularity", [None, 0.0, 0.5, 1.0])
def test_an_explained_answer_adds_up(recommender, popularity):
    answer = recommender.recommend([FIRST, THIRD], disliked=[FOURTH], popularity=popularity, k=GAMES)
    assert answer.sum is not None
    assert answer.sum.named == [FIRST, THIRD, FOURTH]
    assert answer.sum.weight == (0.35 if popularity is None else popularity)
    why = zip(answer.scores, answer.sum.parts, answer.sum.quality, answer.sum.popularity, strict=True)
    for score, parts, quality, popular in why:
        assert abs(sum(parts) + quality + popular - score) <= 1e-9


def test_leaving_out_the_game_with_the_largest_part_lowers_the_score_and_no_other_lowers_it_more(recommender):
    rng = np.random.default_rng(7)
    for _ in range(20):
        liked = rng.choice(recommender.bundle.app_ids, 4, replace=False).tolist()
        answer = recommender.recommend(liked)
        assert answer.sum is not None
        less = [recommender.recommend([*liked[:at], *liked[at + 1 :]], k=GAMES) for at in range(4)]
        for info, score, parts in zip(answer.infos, answer.scores, answer.sum.parts, strict=True):
            without = [one.scores[one.infos.index(info)] for one in less]
            largest = int(np.argmax(parts))
            assert without[largest] < score
            assert without[largest] == min(without)


def test_named_and_excluded_games_are_never_answered(recommender):
    app_ids = recommender.bundle.app_ids.tolist()
    liked, disliked, excluded = app_ids[:3], app_ids[3:5], app_ids[5:9]
    answer = recommender.recommend(liked, disliked=disliked, excluded=excluded, k=GAMES)
    assert sorted(info.app_id for info in answer.infos) == app_ids[9:]
    only = recommender.recommend([], disliked=disliked, k=GAMES)
    assert only.recommender == "smart"
    assert sorted(info.app_id for info in only.infos) == sorted(set(app_ids) - set(disliked))


def test_popularity_alone_answers_with_what_is_popular(recommender):
    answer = recommender.recommend([THIRD], popularity=1.0, k=3)
    assert [info.app_id for info in answer.infos] == [FIRST, SECOND, FOURTH]


def test_visitors_are_answered_together_as_alone(recommender):
    rng = np.random.default_rng(8)
    app_ids = recommender.bundle.app_ids
    requests = [
        Request(
            rng.choice(app_ids[:150], rng.integers(1, 40), replace=False).tolist(),
            k=int(rng.integers(1, 40)),
            disliked=rng.choice(app_ids[150:], rng.integers(0, 5), replace=False).tolist(),
            popularity=rng.choice([None, 0.1, 0.9]),
        )
        for _ in range(20)
    ]
    assert recommender.answer(requests) == [recommender.answer([one])[0] for one in requests]


def changed(name, change):
    def damaged(parts: Parts) -> Parts:
        array = np.array(getattr(parts, name))
        return dataclasses.replace(parts, **{name: change(array)})

    return damaged


def put(at, value):
    def change(array):
        array[at] = value
        return array

    return change


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        (changed("ids", lambda ids: ids.astype(np.float32)), "it has other numbers than expected"),
        (changed("values", lambda values: values.astype(np.int64)), "it has other numbers than expected"),
        (changed("popularity", lambda popularity: popularity[1:]), f"must be of {GAMES} items"),
        (changed("quality", lambda quality: quality[1:]), f"must be of {GAMES} items"),
        (changed("offsets", lambda offsets: offsets[1:]), f"must be of {GAMES} items"),
        (changed("inputs", lambda inputs: inputs[:, 1:]), "inputs and items must be matrices of one size"),
        (changed("items", lambda items: items[1:]), "inputs and items must be matrices of one size"),
        (changed("inputs", lambda inputs: inputs[:, 0]), "it has no 2 dimensions"),
        (changed("offsets", put(0, 1)), "offsets must rise from 0 to 3600"),
        (changed("offsets", put(-1, 3601)), "offsets must rise from 0 to 3600"),
        (changed("offsets", put(7, 0)), "offsets must rise from 0 to 3600"),
        (changed("values", lambda values: values[1:]), "ids and values must be of one length"),
        (changed("ids", put(0, -1)), "ids must name items"),
        (changed("ids", put(11, GAMES)), "ids must name items"),
        (changed("ids", put(slice(0, 12), 5)), "the ids of a row must rise, without its own"),
        (changed("ids", put(0, 0)), "the ids of a row must rise, without its own"),
        (changed("values", put(5, np.nan)), "values.npy holds numbers that are not finite"),
    ],
)
def test_a_bundle_with_damaged_parts_is_refused_in_one_line(damaged, said, tmp_path: Path):
    given = sum_contents()
    made = dataclasses.replace(given, model=Sum(damaged(given.model.parts), 0.35))
    with pytest.raises(ArtifactError, match=said) as refused:
        Bundle(write(tmp_path / "b", made))
    assert "\n" not in str(refused.value)


def test_a_bundle_without_a_weight_of_popularity_is_refused(tmp_path: Path):
    given = sum_contents()
    made = dataclasses.replace(given, model=Sum(given.model.parts, 1.5))
    with pytest.raises(ArtifactError, match=r"must have a popularity_weight from 0 to 1"):
        Bundle(write(tmp_path / "b", made))
