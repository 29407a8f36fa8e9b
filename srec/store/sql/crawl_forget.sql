-- A game's reviews that a whole reading of it did not give are gone.
INSERT INTO removed
SELECT user_key, app_id, $batch
FROM reviews
WHERE app_id = $app_id
    AND user_key NOT IN (SELECT user_key FROM seen WHERE app_id = $app_id);
DELETE FROM reviews
WHERE app_id = $app_id
    AND user_key NOT IN (SELECT user_key FROM seen WHERE app_id = $app_id);
DELETE FROM seen WHERE app_id = $app_id;
