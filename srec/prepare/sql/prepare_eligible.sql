-- Users who liked enough games, less those who review little besides the popular ones.
CREATE TABLE user_left AS
SELECT user_key, liked AS reviews
FROM user_tallies
WHERE liked >= $min_user_reviews
    AND NOT ($popular_games > 0 AND CAST(popular AS DOUBLE) / reviews >= $popular_share);
