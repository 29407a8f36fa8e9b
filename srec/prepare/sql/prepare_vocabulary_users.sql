-- Items are the games liked by users who are not held out for the test. A key is part of a SHA-256: its last
-- digits are as good as drawn by lot, and stay.
CREATE TABLE vocabulary AS
SELECT app_id, CAST(row_number() OVER (ORDER BY app_id) AS INTEGER) AS item
FROM (
    SELECT DISTINCT app_id
    FROM chosen
    ANTI JOIN user_gone USING (user_key)
    SEMI JOIN game_left USING (app_id)
    WHERE positive AND (user_key % 1000000 + 1000000) % 1000000 >= $tested
) AS known;
