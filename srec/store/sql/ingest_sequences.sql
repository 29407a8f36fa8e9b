-- The last row given of each (user, app) stays, a stored one counting as the first: nothing in a row tells its
-- age. The same again changes nothing.
CREATE OR REPLACE TEMP TABLE changed_sequences AS
SELECT user_key, app_id, place, batch
FROM (
    SELECT user_key, app_id, arg_max(place, arrival) AS place, any_value(batch) AS batch
    FROM staged_sequences
    GROUP BY user_key, app_id
)
ANTI JOIN sequences USING (user_key, app_id, place);
