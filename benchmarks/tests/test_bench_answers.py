from pathlib import Path

import numpy as np
from srec_bench.answers.bench import INSIDE, REST, bench_answers, made_up
from srec_bench.answers.made_up import FILTERS, NEIGHBOURS, bundles
from srec_bench.answers.result import AnswersResult, markdown, terminal_table

from srec.inference.recommender import Recommender

GAMES = 400


def test_both_models_are_timed_whole_and_in_parts(tmp_path: Path) -> None:
    result = bench_answers(GAMES, requests=120)
    assert result.games == GAMES
    assert 0 < result.allowed < 0.5
    parts = [part for _, _, part in INSIDE]
    assert list(result.gce_gnn.split_us) == ["encoder", "search", "tags", REST]
    assert list(result.sum.split_us) == [*parts[1:], REST]
    for cost in (result.gce_gnn, result.sum):
        assert cost.plain_us > 0
        assert cost.filtered_us > 0
        assert all(spent > 0 for spent in cost.split_us.values())
        assert 10 <= cost.plain_read.rescored <= GAMES
    assert result.ratio > 0
    assert result.ratio_filtered > 0
    assert terminal_table(result).row_count > len(parts)
    assert result.write(tmp_path / "answers.json") == AnswersResult.read(tmp_path / "answers.json")
    assert "| sum, 400 games |" in "\n".join(markdown({"answers.json": result}))


def test_both_bundles_are_of_the_same_games_and_answer_with_those_that_meet_the_filters(
    tmp_path: Path,
) -> None:
    network, summed = map(Recommender, bundles(tmp_path, GAMES))
    assert network.bundle.games == summed.bundle.games
    assert network.bundle.sum is None
    assert summed.bundle.sum is not None
    longest = np.diff(summed.bundle.sum.parts.offsets).max()
    assert GAMES / 4 < longest <= NEIGHBOURS
    for recommender in (network, summed):
        answer = recommender.recommend([10, 50], k=10, filters=FILTERS)
        assert len(answer.infos) == 10
        for info in answer.infos:
            tags = recommender.tags(info.app_id)
            assert set(FILTERS.must) <= set(tags)
            assert not set(FILTERS.must_not).intersection(tags)
            assert (info.release_year or 0) >= (FILTERS.released_from or 0)


def test_lists_are_of_one_to_five_different_games() -> None:
    lists = made_up(np.arange(10, 70, 10), 200)
    assert {len(one) for one in lists} == {1, 2, 3, 4, 5}
    assert all(len(set(one)) == len(one) for one in lists)
