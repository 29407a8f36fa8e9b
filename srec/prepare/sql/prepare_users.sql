-- Users are numbered by what they did, not by their key: the key depends on the store's secret. The sums tell
-- apart those without dates.
-- Who has too few reviews of the games that are left is one of those who went.
CREATE TEMP TABLE users AS
SELECT
    user_key,
    row_number() OVER (
        ORDER BY first_at, last_at, games, least_app, most_app, apps, order_of_apps, user_key
    ) - 1 AS user_index
FROM (
    SELECT
        user_key,
        min(created_at) AS first_at,
        max(created_at) AS last_at,
        count(*) AS games,
        min(app_id) AS least_app,
        max(app_id) AS most_app,
        sum(CAST(app_id AS BIGINT)) AS apps,
        sum(CAST(app_id AS BIGINT) * (place % 1000)) AS order_of_apps
    FROM chosen
    SEMI JOIN game_left USING (app_id)
    WHERE positive
    GROUP BY user_key
    HAVING count(*) >= $min_user_reviews
) AS remaining;

CREATE TEMP TABLE reviews AS
SELECT users.user_index, chosen.app_id, chosen.positive, chosen.created_at, chosen.place
FROM chosen
JOIN users ON chosen.user_key = users.user_key
SEMI JOIN game_left ON chosen.app_id = game_left.app_id;

-- Test reviews of games that nobody liked before the test window: no model can name them.
CREATE TABLE unknown AS
SELECT user_index, app_id, created_at
FROM reviews
ANTI JOIN vocabulary USING (app_id)
WHERE positive;
