import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from bundles import GAMES, contents, write_toy_bundle

from srec.artifacts import write_directory
from srec.errors import ArtifactError, SRecError
from srec.inference.answers import Answer, Request
from srec.inference.bundle import KIND, VERSION, Bundle, write_bundle
from srec.inference.recommender import Recommender, UnknownGame

FIRST, SECOND, THIRD = 900_000_010, 900_000_020, 900_000_030


@pytest.fixture(scope="module")
def recommender(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    return Recommender(Bundle(write_toy_bundle(tmp_path_factory.mktemp("bundle") / "b")))


def ids(answer: Answer) -> list[int]:
    return [game.app_id for game in answer.games]


@pytest.mark.parametrize("name", ["smart", "tags"])
def test_liked_games_are_never_answered(recommender: Recommender, name: str) -> None:
    liked = [FIRST, SECOND, THIRD]
    answer = recommender.recommend(liked, k=GAMES, recommender=name)
    assert sorted(ids(answer) + liked) == sorted(recommender.bundle.app_ids)
    assert answer.recommender == name


def test_the_answer_is_the_slow_one(recommender: Recommender) -> None:
    given = contents()
    vector = given.model.items[[0, 1]].mean(0)
    scores = given.model.items @ vector
    order = [at for at in np.argsort(-scores, kind="stable") if at not in (0, 1)]
    answer = recommender.recommend([FIRST, SECOND], k=10)
    assert ids(answer) == [given.games[at].app_id for at in order[:10]]
    np.testing.assert_allclose([game.score for game in answer.games], scores[order[:10]], rtol=1e-5)


def test_tags_in_common_are_named_the_heaviest_first(recommender: Recommender) -> None:
    # A game's three tags weigh 1, 0.7 and 0.4.
    liked = recommender.tags(FIRST)
    for game in recommender.recommend([FIRST], k=20, recommender="tags").games:
        tags = recommender.tags(game.app_id)
        common = [tag for tag in tags if tag in liked]
        weight = {tag: 1 - 0.3 * tags.index(tag) for tag in common}
        theirs = {tag: 1 - 0.3 * liked.index(tag) for tag in common}
        assert sorted(game.shared_tags) == sorted(common)
        products = [weight[tag] * theirs[tag] for tag in game.shared_tags]
        assert products == sorted(products, reverse=True)


def test_repeated_ids_count_once(recommender: Recommender) -> None:
    once = recommender.recommend([FIRST, SECOND])
    assert recommender.recommend([FIRST, SECOND, FIRST, FIRST]) == once


def test_unknown_ids_are_named_and_passed_over(recommender: Recommender) -> None:
    answer = recommender.recommend([5, FIRST, 7, 5])
    assert answer.unknown == [5, 7]
    assert answer.games == recommender.recommend([FIRST]).games


@pytest.mark.parametrize("liked", [[], [5], [5, 7]])
def test_nothing_known_answers_with_what_is_popular(recommender: Recommender, liked: list[int]) -> None:
    answer = recommender.recommend(liked, k=3)
    assert answer.recommender == "popular"
    assert ids(answer) == [FIRST, SECOND, THIRD]
    assert answer.unknown == liked


def test_k_beyond_the_games_there_are_gives_all_the_others(recommender: Recommender) -> None:
    assert len(recommender.recommend([FIRST], k=GAMES + 50).games) == GAMES - 1
    assert recommender.recommend(recommender.bundle.app_ids.tolist(), k=10).games == []


def test_similar_is_the_answer_to_one_game(recommender: Recommender) -> None:
    assert recommender.similar(FIRST, k=7) == recommender.recommend([FIRST], k=7)
    with pytest.raises(UnknownGame, match="no game 5 here"):
        recommender.similar(5)


def test_an_unknown_recommender_is_named(recommender: Recommender) -> None:
    with pytest.raises(SRecError, match="'magic'; there are smart, tags"):
        recommender.recommend([FIRST], recommender="magic")


def test_ties_go_to_the_lower_number(tmp_path: Path) -> None:
    given = contents()
    same = dataclasses.replace(
        given, model=dataclasses.replace(given.model, items=np.ones_like(given.model.items)), golden=[]
    )
    with write_directory(tmp_path / "b", KIND, VERSION) as draft:
        write_bundle(draft.path, same)
    answer = Recommender(Bundle(tmp_path / "b")).recommend([SECOND], k=5)
    assert ids(answer) == [FIRST, *(900_000_000 + 10 * at for at in (3, 4, 5, 6))]


def test_tags_without_a_tagged_game_answer_with_what_is_popular(tmp_path: Path) -> None:
    given = contents()
    bare = dataclasses.replace(given, tag_offsets=np.maximum(given.tag_offsets - 3, 0),
                               tag_ids=given.tag_ids[3:], tag_weights=given.tag_weights[3:])  # fmt: skip
    with write_directory(tmp_path / "b", KIND, VERSION) as draft:
        write_bundle(draft.path, bare)
    recommender = Recommender(Bundle(tmp_path / "b"))
    assert recommender.recommend([FIRST], recommender="tags").recommender == "popular"
    assert recommender.recommend([FIRST, SECOND], recommender="tags").recommender == "tags"


def test_long_lists_use_the_newest(recommender: Recommender) -> None:
    liked = recommender.bundle.app_ids[:80].tolist()
    newest = recommender.recommend(liked[30:], k=GAMES)
    answer = recommender.recommend(liked, k=GAMES)
    kept = [game for game in newest.games if game.app_id not in liked[:30]]
    assert ids(answer) == [game.app_id for game in kept]


def test_several_threads_get_the_same_answers(recommender: Recommender) -> None:
    requests = [[FIRST], [SECOND, THIRD], [], [THIRD]] * 20
    alone = [recommender.recommend(liked) for liked in requests]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(recommender.recommend, requests)) == alone


def test_requests_are_answered_together_as_they_are_alone(recommender: Recommender) -> None:
    known = recommender.bundle.app_ids.tolist()
    requests = [
        Request([FIRST]),
        Request(
            known[:70], 20
        ),  # longer than the model looks at, so that it is encoded apart from the others
        Request([], 5),
        Request([THIRD, 5, SECOND], 100),
        Request([SECOND], 3, "tags"),
        Request(known, 10),
        Request(known[:9], 1),
    ]
    alone = [recommender.recommend(one.liked, k=one.k, recommender=one.recommender) for one in requests]
    together = recommender.answer(requests)
    assert [ids(answer) for answer in together] == [ids(answer) for answer in alone]
    for one, other in zip(together, alone, strict=True):
        assert (one.recommender, one.unknown) == (other.recommender, other.unknown)
        for ours, theirs in zip(one.games, other.games, strict=True):
            assert ours.shared_tags == theirs.shared_tags
            assert ours.score == pytest.approx(theirs.score, rel=1e-5)
    assert recommender.answer([]) == []


def test_an_encoder_that_cannot_run_is_refused(tmp_path: Path) -> None:
    with write_directory(tmp_path / "b", KIND, VERSION) as draft:
        given = contents()
        broken = dataclasses.replace(given.model, encoder=b"not a model")
        write_bundle(draft.path, dataclasses.replace(given, model=broken))
    with pytest.raises(ArtifactError, match=r"encoder\.onnx cannot be read as ONNX"):
        Recommender(Bundle(tmp_path / "b"))


def test_recommendations_are_tables_for_every_library(recommender: Recommender) -> None:
    answer = recommender.recommend([FIRST], k=3)
    rows = answer.to_arrow().to_pylist()
    assert [(row["app_id"], row["name"], row["score"]) for row in rows] == [
        (game.app_id, game.name, game.score) for game in answer.games
    ]
    assert [row["shared_tags"] for row in rows] == answer.shared_tags
    assert pa.table(answer).to_pylist() == pl.DataFrame(answer).to_dicts() == rows
    assert pd.DataFrame.from_arrow(answer)["app_id"].tolist() == [row["app_id"] for row in rows]
    assert duckdb.sql("SELECT name FROM answer").fetchall() == [(row["name"],) for row in rows]
    batch = recommender.recommend_batch([[FIRST], [FIRST, SECOND]], k=GAMES)
    wanted = batch.to_arrow().to_pylist()
    assert [len(row["app_ids"]) for row in wanted] == [GAMES - 1, GAMES - 2]
    assert wanted[0]["app_ids"][:3] == [row["app_id"] for row in rows]
    assert pl.DataFrame(batch).to_dicts() == pa.table(batch).to_pylist() == wanted
