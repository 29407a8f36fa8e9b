-- How much each game is reviewed, and which are the most reviewed.
CREATE TABLE game_tallies AS
SELECT app_id, count(*) AS reviews
FROM latest
GROUP BY app_id;

CREATE TABLE popular AS
SELECT app_id, true AS popular
FROM game_tallies
ORDER BY reviews DESC, app_id
LIMIT $popular_games;
