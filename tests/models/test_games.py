import numpy as np

from srec.dataset.dataset import Ragged
from srec.models.games import are_games, have_genres_of_games, have_tags_of_games


def test_demos_are_no_games_and_unknown_types_are_if_they_have_many_tags() -> None:
    assert are_games(["game", "demo", None, None], np.array([1, 20, 12, 3])).tolist() == [
        True,
        False,
        True,
        False,
    ]
    assert are_games([None, None], np.array([1, 20])).all()


def test_tools_and_films_are_no_games() -> None:
    genres = [["Action", "Utilities"], ["Utilities", "Design &amp; Illustration"], ["Movie"], [], ["Indie"]]
    assert have_genres_of_games(genres).tolist() == [True, False, False, True, True]
    assert not have_genres_of_games([["Video Production", "Free To Play"]]).any()


def test_what_is_first_of_all_software_or_a_film_is_no_game() -> None:
    names = ("Action", "Indie", "Movie", "RPG", "Software")
    tags = Ragged(
        offsets=np.array([0, 0, 2, 4, 8]),
        ids=np.array([2, 0, 0, 1, 0, 1, 3, 4], np.int32),
        weights=np.array([1, 0.5, 1, 0.5, 1, 0.9, 0.8, 0.7], np.float32),
        names=names,
    )
    # The second has no such tag, and the third has software as its fourth.
    assert have_tags_of_games(tags).tolist() == [False, True, True]
