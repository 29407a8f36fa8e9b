-- Items are the games liked before the test window, numbered from 1 by app id.
CREATE TABLE vocabulary AS
SELECT app_id, CAST(row_number() OVER (ORDER BY app_id) AS INTEGER) AS item
FROM first_likes
WHERE date_trunc('second', first_at) <= $valid_until;
