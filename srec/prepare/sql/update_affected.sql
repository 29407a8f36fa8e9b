-- The users about whom anything counted before may be wrong: those with a review written or removed since,
-- and those with a review of a game that became one of the most reviewed, or ceased to be.
CREATE TABLE affected AS
SELECT user_key FROM store.reviews WHERE batch > $since
UNION
SELECT user_key FROM store.sequences WHERE batch > $since
UNION
SELECT user_key FROM store.libraries WHERE batch > $since
UNION
SELECT user_key FROM store.removed WHERE batch > $since
UNION
SELECT user_key FROM latest WHERE app_id IN (
    (SELECT app_id FROM popular EXCEPT SELECT app_id FROM state.popular)
    UNION ALL
    (SELECT app_id FROM state.popular EXCEPT SELECT app_id FROM popular)
);

-- What they wrote is counted again, as prepare_tallies.sql and prepare_chosen.sql do for all.
CREATE TABLE fresh AS
SELECT user_key, app_id, positive, created_at, place
FROM latest
SEMI JOIN affected USING (user_key);

CREATE TABLE fresh_tallies AS
SELECT
    user_key,
    count(*) AS reviews,
    count(*) FILTER (WHERE positive) AS liked,
    count(*) FILTER (WHERE popular) AS popular
FROM fresh
LEFT JOIN popular USING (app_id)
GROUP BY user_key;

CREATE TABLE fresh_chosen AS
SELECT fresh.*
FROM fresh
SEMI JOIN (
    SELECT user_key
    FROM fresh_tallies
    WHERE liked >= $min_user_reviews
        AND NOT ($popular_games > 0 AND CAST(popular AS DOUBLE) / reviews >= $popular_share)
) AS eligible USING (user_key);
