-- The reviews of a store: it holds one version of each.
CREATE VIEW dated AS
SELECT user_key, app_id, positive, created_at, coalesce(review_id, -1) AS place
FROM store.reviews;
