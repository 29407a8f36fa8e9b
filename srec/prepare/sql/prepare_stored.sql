-- The reviews of a store: it holds one version of each.
CREATE VIEW latest AS
SELECT user_key, app_id, positive, created_at, coalesce(review_id, -1) AS review_id
FROM store.reviews;
