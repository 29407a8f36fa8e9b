-- How much each game is reviewed, which are the most reviewed, and what each user wrote.
CREATE TABLE game_tallies AS
SELECT app_id, count(*) AS reviews
FROM latest
GROUP BY app_id;

CREATE TABLE popular AS
SELECT app_id, true AS popular
FROM game_tallies
ORDER BY reviews DESC, app_id
LIMIT $popular_games;

CREATE TABLE user_tallies AS
SELECT
    user_key,
    count(*) AS reviews,
    count(*) FILTER (WHERE positive) AS liked,
    count(*) FILTER (WHERE popular) AS popular
FROM latest
LEFT JOIN popular USING (app_id)
GROUP BY user_key;
