-- The tags of the items with their weights; tag_weight is that of prepare_tag_weight.sql.
SELECT item, tag, max(weight) AS weight
FROM (
    SELECT
        item,
        entry.tag AS tag,
        tag_weight(tags_kind, entry.votes, max(entry.votes) OVER (PARTITION BY item), place) AS weight
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
