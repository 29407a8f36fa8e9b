-- How many of those users liked each game: where the way to the fixed point begins.
CREATE TABLE game_left AS
SELECT app_id, count(*) AS reviews
FROM chosen
WHERE positive
GROUP BY app_id;

-- Who went on that way: nobody yet.
CREATE TABLE user_gone AS
SELECT user_key FROM user_left WHERE false;
