-- The catalogue's row of each item; a game in no catalogue (delisted) keeps its number as its name.
CREATE TABLE catalogue AS
SELECT
    vocabulary.item,
    vocabulary.app_id,
    coalesce(games.name, 'App ' || vocabulary.app_id) AS name,
    games.type,
    games.release_date,
    games.is_free,
    games.price_usd_cents,
    games.developers,
    games.publishers,
    games.genres,
    games.categories,
    games.platforms,
    games.tags_kind,
    games.reviews_positive,
    games.reviews_negative
FROM vocabulary
LEFT JOIN store.games USING (app_id);
