-- What each user liked, or did not, oldest first.
SELECT reviews.user_index, vocabulary.item, CAST(floor(epoch(reviews.created_at)) AS BIGINT) AS seconds
FROM reviews
JOIN vocabulary ON reviews.app_id = vocabulary.app_id
WHERE reviews.positive = $positive AND reviews.user_index >= $first AND reviews.user_index < $past
ORDER BY reviews.user_index, reviews.created_at, reviews.place, vocabulary.item;
