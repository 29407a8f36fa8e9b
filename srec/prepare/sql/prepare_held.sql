-- The part that each user is in: 0 training, 1 validation, 2 test.
SELECT
    CASE
        WHEN (user_key % 1000000 + 1000000) % 1000000 < $tested THEN 2
        WHEN (user_key % 1000000 + 1000000) % 1000000 < $held THEN 1
        ELSE 0
    END AS part
FROM users
ORDER BY user_index;
