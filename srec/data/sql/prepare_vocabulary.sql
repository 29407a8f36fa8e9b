-- Items are the games known before the test window, numbered from 1 by app id.
CREATE TABLE vocabulary AS
SELECT app_id, CAST(row_number() OVER (ORDER BY app_id) AS INTEGER) AS item
FROM (SELECT DISTINCT app_id FROM kept WHERE created_at <= $valid_until);

-- Users are numbered by what they did, not by their key: the key depends on the store's secret.
CREATE TABLE users AS
SELECT
    user_key,
    row_number() OVER (ORDER BY first_at, last_at, games, least_app, most_app, user_key) - 1 AS user_index
FROM (
    SELECT
        user_key,
        min(created_at) AS first_at,
        max(created_at) AS last_at,
        count(*) AS games,
        min(app_id) AS least_app,
        max(app_id) AS most_app
    FROM kept
    GROUP BY user_key
);

-- Test reviews of games that nobody reviewed before the test window: no model can name them.
CREATE TABLE unknown AS
SELECT users.user_index, kept.app_id, kept.created_at
FROM kept
JOIN users USING (user_key)
WHERE kept.app_id NOT IN (SELECT app_id FROM vocabulary)
ORDER BY user_index, created_at, app_id;

CREATE TABLE interactions AS
SELECT users.user_index, vocabulary.item, kept.created_at, kept.review_id
FROM kept
JOIN vocabulary USING (app_id)
JOIN users USING (user_key);

-- What the same users did not like, of the same games: kept beside the sequences.
CREATE TABLE negatives AS
SELECT users.user_index, vocabulary.item, latest.created_at, latest.review_id
FROM latest
JOIN vocabulary USING (app_id)
JOIN users USING (user_key)
WHERE NOT latest.positive;
