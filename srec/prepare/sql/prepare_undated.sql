-- What has no date counts as liked. A game that a user has several times is the dated review, else the one of
-- the user's sequence. Libraries have no order: the more played games stand later, before all sequences.
CREATE TABLE middles AS
SELECT app_id, avg(hours) AS middle
FROM (
    SELECT
        app_id,
        hours,
        row_number() OVER (PARTITION BY app_id ORDER BY hours) AS number,
        count(*) OVER (PARTITION BY app_id) AS players
    FROM store.libraries
    WHERE hours > 0
) AS sorted
WHERE number * 2 BETWEEN players AND players + 2
GROUP BY app_id;

-- A weight is 1 from the median of the game's players on, and less below it. A game that was never played is
-- neither liked nor disliked.
CREATE TABLE undated AS
SELECT user_key, app_id, CAST(place AS BIGINT) AS place, CAST(NULL AS DOUBLE) AS weight
FROM store.sequences
ANTI JOIN dated USING (user_key, app_id)
UNION ALL
SELECT
    user_key,
    app_id,
    row_number() OVER (PARTITION BY user_key ORDER BY hours, app_id) - 2147483648 AS place,
    greatest(least(2 * hours / (hours + middle), 1), 0.000001) AS weight
FROM store.libraries
JOIN middles USING (app_id)
ANTI JOIN dated USING (user_key, app_id)
ANTI JOIN store.sequences USING (user_key, app_id)
WHERE hours > 0;

CREATE VIEW latest AS
SELECT user_key, app_id, positive, created_at, place
FROM dated
UNION ALL
SELECT user_key, app_id, true AS positive, TIMESTAMP '1970-01-01 00:00:00' AS created_at, place
FROM undated;
