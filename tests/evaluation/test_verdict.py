from collections.abc import Mapping

import numpy as np
import pytest

from srec.dataset.dataset import Ragged
from srec.evaluation.comparison import Compared, Comparison, Difference, Estimate
from srec.evaluation.sameness import Sameness
from srec.evaluation.settings import VisitorSettings
from srec.evaluation.tastes import Taste, tastes
from srec.evaluation.verdict import verdict
from srec.evaluation.visited import Front, Point, Visited, Visitors


def compared(metric: str, values: Mapping[str, float], players: int = 100) -> Comparison:
    models = {
        name: Compared({metric: Estimate(value, value, value, players)}, {}, {})
        for name, value in values.items()
    }
    return Comparison(players, players, models)


def found(
    recalls: Mapping[str, float],
    overlaps: Mapping[str, float],
    *,
    players: int = 100,
    first: int = 1,
    permuted: float = 1.0,
) -> Visitors:
    best = max(recalls.values())
    return Visitors(
        settings=VisitorSettings(),
        source="a test",
        players=players,
        baselines=[],
        fold_in={3: compared("recall@12", recalls, players)} if players else {},
        parts=[],
        behind={
            name: Difference(value - best, value - best, value - best, players, "worse")
            for name, value in recalls.items()
        },
        stability={"permuted": compared("Jaccard@10", dict.fromkeys(recalls, permuted))},
        models={
            name: Visited(same, same, None, None, None)
            for name, same in (
                (name, Sameness(overlap, 9, 0.5, first, 1, 10)) for name, overlap in overlaps.items()
            )
        },
        examples=[],
        names={},
    )


NEXT = compared("HR@10", {"crowd": 0.09, "near": 0.08, "odd": 0.02}).models
RECALLS = {"crowd": 0.30, "near": 0.28, "odd": 0.26}
OVERLAPS = {"crowd": 8.0, "near": 6.0, "odd": 1.0}


def test_the_best_of_those_that_do_not_answer_with_the_popular_games_is_served() -> None:
    """Half of 12 is 6: near has it, crowd does not."""
    said = verdict(found(RECALLS, OVERLAPS), NEXT, "HR@10")
    assert said.serve == "near"
    why, lost, warning = said.lines
    assert why == (
        "Serve near, because it has the best recall@12 (0.280) of the models whose answers are at most 50%"
        " popular games (6.0 of 12)."
    )
    assert "Against crowd, the best in recall@12 of all, the difference is -0.0200" in lost
    assert "HR@10 is 0.0800, and that of crowd is 0.0900" in lost
    assert warning.startswith("No warning")


def test_the_best_of_all_loses_nothing() -> None:
    said = verdict(found({"crowd": 0.2, "near": 0.3, "odd": 0.1}, OVERLAPS), NEXT, "HR@10")
    assert said.serve == "near"
    assert said.lines[1].startswith("Nothing is lost in recall@12; on the next game")


def test_of_equal_recall_the_less_popular_answers_are_served() -> None:
    said = verdict(found(dict.fromkeys(OVERLAPS, 0.3), OVERLAPS), NEXT, "HR@10")
    assert said.serve == "odd"


def test_the_best_is_served_with_a_warning_if_all_are_the_popular_list() -> None:
    said = verdict(found(RECALLS, dict.fromkeys(OVERLAPS, 9.0)), NEXT, "HR@10")
    assert said.serve == "crowd"
    assert "the answers of every model are more than 50% popular games" in said.lines[0]
    assert said.lines[2] == "Warning: of crowd, 9.0 of 12 games are those that are popular anyway."


@pytest.mark.parametrize(
    ("players", "says"), [(0, "there are no held-out players"), (29, "29 held-out players")]
)
def test_nothing_is_served_on_the_word_of_nobody(players: int, says: str) -> None:
    said = verdict(found(RECALLS, OVERLAPS, players=players), NEXT, "HR@10")
    assert said.serve is None
    assert says in said.lines[0]
    assert "On the next game crowd has the best HR@10 (0.090)" in said.lines[1]
    assert said.lines[2] == "Warning: of crowd, 8.0 of 12 games are those that are popular anyway."


def test_sameness_and_a_restless_order_are_warned_of() -> None:
    said = verdict(found(RECALLS, dict.fromkeys(OVERLAPS, 7.0), first=3, permuted=0.5), NEXT, "HR@10")
    assert "7.0 of 12 games are those that are popular anyway" in said.lines[2]
    assert "30% of the lists have the same first game" in said.lines[2]
    assert "the order in which games are typed changes 50% of the answer" in said.lines[2]


def test_what_finds_less_than_the_popular_list_is_warned_of() -> None:
    """The only visitors' model that is not too popular is far below popularity."""
    visitors = found({"popularity": 0.4, "near": 0.1}, {"popularity": 12.0, "near": 1.0})
    assert visitors.main is not None
    worse = Difference(-0.3, -0.35, -0.25, 100, "worse")
    near = visitors.main.models["near"]
    models = {
        **visitors.main.models,
        "near": Compared(near.metrics, {"popularity": {"recall@12": worse}}, {}),
    }
    told = visitors.model_copy(update={"fold_in": {3: Comparison(100, 100, models)}})
    said = verdict(told, compared("HR@10", {"popularity": 0.1, "near": 0.1}).models, "HR@10")
    assert said.serve == "near"
    assert "recall@12 is below that of the popular list: -0.3000 [-0.3500, -0.2500]" in said.lines[2]


def test_a_front_above_what_is_served_is_said() -> None:
    """The sum is odd as it is; between its two points, at the overlap of near, it would have 0.29."""
    visitors = found(RECALLS, OVERLAPS)
    same = visitors.models["odd"].sameness
    front = Front([Point(0.1, 1.0, 0.26, None), Point(0.5, 11.0, 0.32, None)])
    for weight, says in ((0.1, True), (None, False)):
        models = {**visitors.models, "odd": Visited(same, same, weight, front, None)}
        said = verdict(visitors.model_copy(update={"models": models}), NEXT, "HR@10")
        assert said.serve == "near"
        hint = "at the same overlap odd would have 0.290, with another weight of popularity than 0.1"
        assert (hint in said.lines[1]) == says


def tagged(*rows: Mapping[int, float]) -> Ragged:
    """Tags of the items 1..V: by item, the weight of each tag."""
    sizes = [0, *map(len, rows)]
    return Ragged(
        np.concatenate(([0], np.cumsum(sizes))),
        np.array([tag for row in rows for tag in row], np.int32),
        np.array([weight for row in rows for weight in row.values()], np.float32),
        ("Action", "Puzzle", "Racing"),
    )


def test_tastes_are_the_best_liked_games_of_the_tags_that_lead_most() -> None:
    """Puzzle leads 2, 3, 4, 5 and 7, Action 1 and 6, and Racing only 8; 9 has no tag, 7 no review."""
    tags = tagged(
        {0: 1.0, 1: 0.9},
        {0: 0.2, 1: 1.0},
        {1: 1.0},
        {1: 0.5},
        {1: 0.5, 2: 0.5},
        {0: 0.5},
        {1: 1.0},
        {2: 1.0},
        {},
    )
    counts = np.array([0, 5, 1, 7, 3, 4, 9, 0, 8, 99])
    assert tastes(tags, counts) == [Taste("Puzzle", (3, 5, 4)), Taste("Action", (6, 1))]


def test_a_few_tags_have_several_tastes_each() -> None:
    found = tastes(tagged(*[{item % 3: 1.0} for item in range(60)]), np.arange(61)[::-1] + 1)
    assert len(found) == 12
    assert [taste.tag for taste in found[:4]] == ["Action", "Puzzle", "Racing", "Action"]
    assert found[3].items == (10, 13, 16)
    assert len({item for taste in found for item in taste.items}) == 36


def test_a_catalogue_without_tags_has_no_tastes() -> None:
    assert tastes(tagged({}, {}), np.array([0, 3, 4])) == []
