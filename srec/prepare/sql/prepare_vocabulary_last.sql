-- Items are the games that somebody liked before their last one; who liked a single game is not tested.
CREATE TABLE vocabulary AS
SELECT app_id, CAST(row_number() OVER (ORDER BY app_id) AS INTEGER) AS item
FROM (
    SELECT DISTINCT app_id
    FROM (
        SELECT
            app_id,
            row_number() OVER (PARTITION BY user_key ORDER BY created_at DESC, place DESC, app_id DESC) AS back,
            count(*) OVER (PARTITION BY user_key) AS games
        FROM chosen
        ANTI JOIN user_gone USING (user_key)
        SEMI JOIN game_left USING (app_id)
        WHERE positive
    ) AS ranked
    WHERE back > 1 OR games = 1
) AS known;
