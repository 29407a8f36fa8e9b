-- What each user wrote. The large tables on the way are temporary: such a one is not compressed, and is only
-- written to disk when memory is short.
CREATE TEMP TABLE user_tallies AS
SELECT
    user_key,
    count(*) AS reviews,
    count(*) FILTER (WHERE positive) AS liked,
    count(*) FILTER (WHERE popular) AS popular
FROM latest
LEFT JOIN popular USING (app_id)
GROUP BY user_key;
