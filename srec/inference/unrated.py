"""Answers of games that nobody reviewed: by the tags of what a visitor likes, for nothing else is known.

Shapes: V games of the bundle, W without reviews.
"""

from collections.abc import Sequence

import numpy as np

from srec.dataset.dataset import Floats
from srec.inference.answers import Answer, Filters, Request
from srec.inference.arranging import arrange
from srec.inference.bundle import Bundle
from srec.inference.explanations import TagExplanations
from srec.inference.filters import Counts, Filtering
from srec.inference.others import Others
from srec.models.tags import TagScorer
from srec.ranking import top_k


class Unrated:
    """The games of a bundle that nobody reviewed; safe to use from several threads.

    Args:
        bundle: it has others.
    """

    def __init__(self, bundle: Bundle) -> None:
        others = bundle.others
        assert others is not None
        self.games = others.games
        self._row_of = {game.app_id: row for row, game in enumerate(others.games)}
        self._filtering = Filtering(
            others.games,
            others.tag_offsets,
            others.tag_ids,
            tag_names=bundle.tag_names,
            hidden=others.hidden,
        )
        # Those with reviews first, so that both kinds can be liked: items 1..V, then V + 1..V + W.
        self._rated = len(bundle.games)
        self._item_of = {app_id: item for item, app_id in enumerate(bundle.app_ids.tolist(), 1)}
        self._item_of |= {app_id: self._rated + row + 1 for app_id, row in self._row_of.items()}
        all_tags = Others(
            bundle.catalogue,
            np.concatenate((bundle.tag_offsets, bundle.tag_offsets[-1] + others.tag_offsets[2:])),
            np.concatenate((bundle.tag_ids, others.tag_ids)),
            np.concatenate((bundle.tag_weights, others.tag_weights)),
            others.hidden_rows,
        )
        names = bundle.tag_names
        self._explanations = TagExplanations(all_tags, names)
        self._scorer = TagScorer(
            all_tags.tag_offsets, all_tags.tag_ids, all_tags.tag_weights, tag_count=len(names)
        )

    def answer(self, request: Request) -> Answer:
        """The answer to a request for games without reviews.

        Without a liked game that has tags, the best known come first. Dislikes are not answered, and say
        nothing else.
        """
        liked = [self._item_of[app_id] for app_id in dict.fromkeys(request.liked) if app_id in self._item_of]
        named = [*request.liked, *request.disliked]
        unknown: list[int | str] = [one for one in dict.fromkeys(named) if one not in self._item_of]
        barred = {self._row_of[one] for one in (*named, *request.excluded) if one in self._row_of}
        filters = request.filters or Filters(unrated=True)
        tagged = self._explanations.tagged(liked) if liked else False
        if tagged:
            scores_W = self._scorer.score(np.array([liked]))[0][self._rated :]
        else:
            scores_W = -np.arange(len(self.games), dtype=np.float32)
        scores_W = np.where(self._filtering.allowed(filters), scores_W, -np.inf)
        scores_W[list(barred)] = -np.inf
        rows = arrange(
            lambda count: _best(scores_W, count),
            self.tag_rows,
            request.k,
            variety=request.variety,
            seed=request.seed,
        )
        items = [self._rated + row + 1 for row in rows]
        (shared,) = self._explanations.shared([items], [liked])
        few = len(rows) < request.k
        return Answer(
            "tags" if tagged else "popular",
            [self.games[row] for row in rows],
            [float(scores_W[row]) for row in rows],
            shared,
            unknown,
            None,
            self._filtering.without(filters, sorted(barred)) if few else {},
        )

    def knows(self, app_id: int) -> bool:
        """Whether it is one of these games."""
        return app_id in self._row_of

    def tags(self, app_id: int) -> list[str]:
        """The tags of a game, the heaviest first."""
        return self._explanations.tags(self._item_of[app_id])

    def tag_rows(self, rows: Sequence[int]) -> list[set[str]]:
        """The tags of some rows."""
        return [set(self._explanations.tags(self._rated + row + 1)) for row in rows]

    def counts(self, filters: Filters) -> Counts:
        """As ``Filtering.counts``."""
        return self._filtering.counts(filters)


def _best(scores_W: Floats, count: int) -> list[int]:
    best = top_k(scores_W, min(count, len(scores_W)))
    return [row for row in best.tolist() if np.isfinite(scores_W[row])]
