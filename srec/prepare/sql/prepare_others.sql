-- The catalogue's games that are no items, because nobody who counts reviewed them; those with most reviews on Steam
-- first. tag_weight is that of prepare_tag_weight.sql.
CREATE TABLE others AS
SELECT
    app_id,
    name,
    type,
    release_date,
    is_free,
    price_usd_cents,
    developers,
    genres,
    platforms,
    row_number() OVER (ORDER BY reviews_positive DESC NULLS LAST, app_id) AS place,
    list_transform(
        list_zip(tags, range(1, len(tags) + 1)),
        lambda pair: struct_pack(
            tag := pair[1].tag,
            weight := tag_weight(
                tags_kind, pair[1].votes, list_max(list_transform(tags, lambda one: one.votes)), pair[2]
            )
        )
    ) AS tags
FROM store.games
WHERE name IS NOT NULL AND app_id NOT IN (SELECT app_id FROM vocabulary);
