-- The other half: users with too few reviews go, and their games have fewer.
CREATE TABLE weak AS
SELECT user_key FROM user_left WHERE reviews < $minimum;

CREATE TABLE lost AS
SELECT app_id, count(*) AS reviews
FROM chosen
SEMI JOIN weak USING (user_key)
WHERE positive
GROUP BY app_id;

CREATE TABLE next_user_left AS
SELECT user_key, reviews FROM user_left WHERE reviews >= $minimum;

CREATE TABLE next_game_left AS
SELECT game_left.app_id, game_left.reviews - coalesce(lost.reviews, 0) AS reviews
FROM game_left
LEFT JOIN lost ON game_left.app_id = lost.app_id;

CREATE TABLE next_user_gone AS
SELECT user_key FROM user_gone
UNION ALL
SELECT user_key FROM weak;
