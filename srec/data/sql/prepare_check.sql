-- Rules the written dataset must keep, each with the number of rows that break it.
SELECT 'an interaction stands in another part than its time says' AS rule, count(*) AS broken
FROM written
WHERE part <> CASE
        WHEN created_at <= $train_until THEN 'train'
        WHEN created_at <= $valid_until THEN 'valid'
        ELSE 'test'
    END
UNION ALL
SELECT 'a user has fewer positive reviews than the minimum', count(*)
FROM (
    SELECT user_index
    FROM (SELECT user_index FROM written UNION ALL SELECT user_index FROM dropped)
    GROUP BY user_index
    HAVING count(*) < $min_user_reviews
)
UNION ALL
SELECT 'a game has fewer positive reviews than the minimum', count(*)
FROM (
    SELECT app_id
    FROM (SELECT app_id FROM written UNION ALL SELECT app_id FROM dropped)
    GROUP BY app_id
    HAVING count(*) < $min_game_reviews
)
UNION ALL
SELECT 'an item is not numbered 1..V or stands for no game', count(*)
FROM written
WHERE item < 1 OR item > $items OR app_id IS NULL OR app_id <= 0
UNION ALL
SELECT 'a test game is unknown before the test window', count(*)
FROM (SELECT item FROM written GROUP BY item HAVING bool_and(part = 'test'))
UNION ALL
SELECT 'a user reviews a game twice', count(*)
FROM (SELECT user_index, item FROM written GROUP BY user_index, item HAVING count(*) > 1)
UNION ALL
SELECT 'a session is not in the order of time', count(*)
FROM (
    SELECT created_at < lag(created_at) OVER (PARTITION BY user_index ORDER BY position) AS back
    FROM written
)
WHERE back;
