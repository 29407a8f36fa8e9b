"""The JSON that is joined from bytes, against the models behind the OpenAPI document."""

import dataclasses
import json

import pytest
from bundles import contents

from srec.artifacts import write_directory
from srec.inference.bundle import KIND, VERSION, Bundle, write_bundle
from srec.inference.games import GameInfo
from srec.inference.naming import Hits
from srec.inference.recommender import Recommender
from srec.serving.answers import AnswerWriter
from srec.serving.schema import GamesResponse, NamesResponse, RecommendResponse
from srec.serving.site import Site


@pytest.fixture(scope="module", params=[True, False], ids=["simulated", "real"])
def recommender(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """Some games have names and tags that JSON must escape, and some have only a name."""
    made = contents(simulated=request.param)
    games = list(made.games)
    games[0] = dataclasses.replace(games[0], name='"Quoted" \\ and\n\u2028東方 100 %b', developers=('A "B"',))
    games[1] = GameInfo(games[1].app_id, "")
    path = tmp_path_factory.mktemp("answers") / "b"
    with write_directory(path, KIND, VERSION) as draft:
        write_bundle(
            draft.path,
            dataclasses.replace(made, games=games, tag_names=['R"PG', "Très %s", *made.tag_names[2:]]),
        )
    return Recommender(Bundle(path))


@pytest.mark.parametrize("by", ["smart", "tags", "popular"])
def test_an_answer_is_what_its_model_says(recommender: Recommender, by: str) -> None:
    bundle = recommender.bundle
    writer = AnswerWriter(recommender, Site())
    first = bundle.games[2].app_id
    answer = recommender.recommend([first, 5], k=299, recommender=by)
    for _ in range(2):  # the second time from the cache
        written = json.loads(writer.answer(answer))
        read = RecommendResponse.model_validate(written, strict=True)
        assert read.model_dump() == written
        assert (read.recommender, read.unknown) == (answer.recommender, [5])
        for game, one in zip(read.games, answer.games, strict=True):
            assert game.score == pytest.approx(one.score, rel=1e-8)
            assert game.shared_tags == one.shared_tags
            told = dataclasses.asdict(one.info)
            lists = {name: list(value) for name, value in told.items() if isinstance(value, tuple)}
            assert game.model_dump(include=set(told)) == told | lists
            assert game.tags == recommender.tags(one.app_id)
            assert (game.store_url is None) == bundle.simulated


def test_games_are_what_their_model_says(recommender: Recommender) -> None:
    written = json.loads(AnswerWriter(recommender, Site()).games(Hits(recommender.bundle.games, True)))
    read = GamesResponse.model_validate(written, strict=True)
    assert read.model_dump() == written
    assert [game.name for game in read.games] == [game.name for game in recommender.bundle.games]
    assert json.loads(AnswerWriter(recommender, Site()).games(Hits([], False))) == {
        "games": [],
        "sure": False,
    }


def test_read_names_are_what_their_model_says(recommender: Recommender) -> None:
    given = [('say "Coal"', Hits([], False)), ("Jade", Hits(recommender.bundle.games[:2], True))]
    written = json.loads(AnswerWriter(recommender, Site()).names(given))
    assert NamesResponse.model_validate(written, strict=True).model_dump() == written
    assert [(one["name"], one["sure"], len(one["games"])) for one in written["names"]] == [
        ('say "Coal"', False, 0),
        ("Jade", True, 2),
    ]
