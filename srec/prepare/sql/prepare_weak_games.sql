-- Half a round towards the fixed point: games with too few reviews go, and their users have fewer.
-- What is counted is what was lost, which is little; the reviews themselves are not written again.
CREATE TABLE weak AS
SELECT app_id FROM game_left WHERE reviews < $minimum;

CREATE TABLE lost AS
SELECT user_key, count(*) AS reviews
FROM chosen
SEMI JOIN weak USING (app_id)
WHERE positive
GROUP BY user_key;

CREATE TABLE next_game_left AS
SELECT app_id, reviews FROM game_left WHERE reviews >= $minimum;

CREATE TABLE next_user_left AS
SELECT user_left.user_key, user_left.reviews - coalesce(lost.reviews, 0) AS reviews
FROM user_left
LEFT JOIN lost ON user_left.user_key = lost.user_key;

CREATE TABLE next_user_gone AS
SELECT user_key FROM user_gone;
