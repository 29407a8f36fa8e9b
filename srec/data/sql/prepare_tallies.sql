-- What each user wrote.
CREATE TABLE user_tallies AS
SELECT
    user_key,
    count(*) AS reviews,
    count(*) FILTER (WHERE positive) AS liked,
    count(*) FILTER (WHERE popular) AS popular
FROM latest
LEFT JOIN popular USING (app_id)
GROUP BY user_key;
