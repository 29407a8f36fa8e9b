-- The latest version of each (user, game) review. A store holds one already; raw reviews may hold several.
-- Versions are ordered as in ingestion: updated, created, review id, positive.
CREATE TABLE latest AS
SELECT
    user_key,
    app_id,
    arg_max(positive, (updated_at, created_at, coalesce(review_id, -1), positive)) AS positive,
    arg_max(created_at, (updated_at, created_at, coalesce(review_id, -1), positive)) AS created_at,
    arg_max(coalesce(review_id, -1), (updated_at, created_at, coalesce(review_id, -1), positive)) AS review_id
FROM store.reviews
GROUP BY user_key, app_id;
