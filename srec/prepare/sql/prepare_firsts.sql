-- When each game that is left was first liked by a user who is left. Those who went are few: leaving them
-- out is much less work than finding all others.
CREATE TABLE first_likes AS
SELECT app_id, min(created_at) AS first_at
FROM chosen
ANTI JOIN user_gone USING (user_key)
SEMI JOIN game_left USING (app_id)
WHERE positive
GROUP BY app_id;
