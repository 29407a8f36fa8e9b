-- All reviews of the users who liked enough games, less those who review little besides the popular ones.
CREATE TABLE user_left AS
SELECT user_key, liked AS reviews
FROM user_tallies
WHERE liked >= $min_user_reviews
    AND NOT ($popular_games > 0 AND CAST(popular AS DOUBLE) / reviews >= $popular_share);

CREATE TABLE chosen AS
SELECT user_key, app_id, positive, created_at, review_id
FROM latest
SEMI JOIN user_left USING (user_key);

CREATE TABLE game_left AS
SELECT app_id, count(*) AS reviews
FROM chosen
WHERE positive
GROUP BY app_id;
