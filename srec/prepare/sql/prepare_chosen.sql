-- All reviews of the users who are left.
CREATE TEMP TABLE chosen AS
SELECT user_key, app_id, positive, created_at, place
FROM latest
SEMI JOIN user_left USING (user_key);
