"""Varied answers, and drawn ones."""

from collections.abc import Sequence

from srec.inference.arranging import arrange

ALIKE = [{"a", "b"}] * 10 + [{"c"}] * 10 + [{"d"}] * 10


def arranged(k: int, variety: float = 0, seed: int | None = None) -> list[int]:
    def tags_of(rows: Sequence[int]) -> list[set[str]]:
        return [ALIKE[row] for row in rows]

    return arrange(lambda count: list(range(30))[:count], tags_of, k, variety=variety, seed=seed)


def test_without_either_it_is_the_best() -> None:
    assert arranged(5) == [0, 1, 2, 3, 4]
    assert arranged(0, variety=1) == []
    assert arrange(lambda count: [], lambda rows: [], 5, variety=1, seed=1) == []


def test_variety_takes_the_best_of_each_kind_first() -> None:
    assert arranged(3, variety=0.5) == [0, 10, 20]
    assert sorted(arranged(30, variety=1)) == list(range(30)), "nothing is lost, and nothing comes twice"


def test_a_longer_answer_begins_with_the_shorter_one() -> None:
    for variety, seed in ((0.3, None), (0, 7), (0.3, 7)):
        assert arranged(20, variety, seed)[:8] == arranged(8, variety, seed)


def test_a_draw_is_that_of_its_seed_and_prefers_the_better_ones() -> None:
    assert arranged(8, seed=1) == arranged(8, seed=1) != arranged(8, seed=2)
    firsts = [arranged(1, seed=seed)[0] for seed in range(400)]
    harmonic = sum(1 / rank for rank in range(1, 31))
    assert abs(firsts.count(0) / 400 - 1 / harmonic) < 0.08
    assert len(set(firsts)) > 15
