-- Tag weights in (0, 1]. Votes: the share of the game's most voted tag. Where only the order is known:
-- 0.9 ^ (rank - 1), which follows the median vote share by rank. Where neither is: 0.5 each.
SELECT item, tag, max(weight) AS weight
FROM (
    SELECT
        item,
        entry.tag AS tag,
        CASE tags_kind
            WHEN 'votes' THEN CAST(entry.votes AS DOUBLE) / nullif(max(entry.votes) OVER (PARTITION BY item), 0)
            WHEN 'ranked' THEN power(0.9, place - 1)
            ELSE 0.5
        END AS weight
    FROM (
        SELECT
            vocabulary.item,
            games.tags_kind,
            unnest(games.tags) AS entry,
            generate_subscripts(games.tags, 1) AS place
        FROM vocabulary
        JOIN store.games USING (app_id)
    )
)
WHERE weight > 0
GROUP BY item, tag
ORDER BY item, weight DESC, tag;
