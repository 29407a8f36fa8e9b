-- What a player liked, less the players who review little besides the most reviewed games.
CREATE TABLE popular AS
SELECT app_id
FROM latest
GROUP BY app_id
ORDER BY count(*) DESC, app_id
LIMIT $popular_games;

CREATE TABLE popular_only AS
SELECT user_key
FROM latest
GROUP BY user_key
HAVING $popular_games > 0
    AND avg(CASE WHEN app_id IN (SELECT app_id FROM popular) THEN 1.0 ELSE 0.0 END) >= $popular_share;

CREATE TABLE kept AS
SELECT user_key, app_id, created_at, review_id
FROM latest
WHERE positive AND user_key NOT IN (SELECT user_key FROM popular_only);
