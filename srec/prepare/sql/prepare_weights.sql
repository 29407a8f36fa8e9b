-- How much each row of prepare_sessions.sql counts, in the same order.
SELECT CAST(coalesce(undated.weight, 1) AS FLOAT) AS weight
FROM reviews
JOIN vocabulary ON reviews.app_id = vocabulary.app_id
JOIN users ON reviews.user_index = users.user_index
LEFT JOIN undated ON users.user_key = undated.user_key AND reviews.app_id = undated.app_id
WHERE reviews.positive = $positive AND reviews.user_index >= $first AND reviews.user_index < $past
ORDER BY reviews.user_index, reviews.created_at, reviews.place, vocabulary.item;
