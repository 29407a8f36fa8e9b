-- Items are the games liked before the test window, numbered from 1 by app id.
CREATE TABLE vocabulary AS
SELECT app_id, CAST(row_number() OVER (ORDER BY app_id) AS INTEGER) AS item
FROM (
    SELECT DISTINCT app_id
    FROM reviews
    WHERE positive AND date_trunc('second', created_at) <= $valid_until
) AS known;

-- Test reviews of games that nobody liked before the test window: no model can name them.
CREATE TABLE unknown AS
SELECT user_index, app_id, created_at
FROM reviews
ANTI JOIN vocabulary USING (app_id)
WHERE positive;
