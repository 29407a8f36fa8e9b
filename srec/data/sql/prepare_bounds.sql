-- Where each user's reviews end in each part; users without any row left have empty ranges.
SELECT
    users.user_index,
    count(interactions.item) AS total,
    count(interactions.item) FILTER (interactions.created_at <= $train_until) AS train,
    count(interactions.item) FILTER (interactions.created_at <= $valid_until) AS train_and_valid
FROM users
LEFT JOIN interactions USING (user_index)
GROUP BY users.user_index
ORDER BY users.user_index;
