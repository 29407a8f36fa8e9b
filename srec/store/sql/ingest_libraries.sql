-- The last row given of each (user, app) stays, a stored one counting as the first: nothing in a row tells its
-- age. The same again changes nothing.
CREATE OR REPLACE TEMP TABLE changed_libraries AS
SELECT user_key, app_id, hours, batch
FROM (
    SELECT user_key, app_id, arg_max(hours, arrival) AS hours, any_value(batch) AS batch
    FROM staged_libraries
    GROUP BY user_key, app_id
)
ANTI JOIN libraries USING (user_key, app_id, hours);
