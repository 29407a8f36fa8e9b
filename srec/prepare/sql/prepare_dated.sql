-- All that is known of users are reviews with dates. Reviews of one moment are in the order of their place.
CREATE VIEW latest AS
SELECT user_key, app_id, positive, created_at, place
FROM dated;
