-- The latest version of each (user, game) review, of reviews that may hold several.
-- Versions are ordered as in ingestion: updated, created, review id, positive. Nearly all reviews have one
-- version only, and a group of one needs no order.
CREATE TABLE pairs AS
SELECT
    user_key,
    app_id,
    count(*) > 1 AS several,
    any_value(positive) AS positive,
    any_value(created_at) AS created_at,
    any_value(coalesce(review_id, -1)) AS place
FROM store.reviews
GROUP BY user_key, app_id;

CREATE TEMP TABLE edited AS
SELECT
    user_key,
    app_id,
    arg_max(positive, (updated_at, created_at, coalesce(review_id, -1), positive)) AS positive,
    arg_max(created_at, (updated_at, created_at, coalesce(review_id, -1), positive)) AS created_at,
    arg_max(coalesce(review_id, -1), (updated_at, created_at, coalesce(review_id, -1), positive)) AS place
FROM store.reviews
SEMI JOIN (SELECT user_key, app_id FROM pairs WHERE several) AS again USING (user_key, app_id)
GROUP BY user_key, app_id;

CREATE VIEW dated AS
SELECT user_key, app_id, positive, created_at, place
FROM pairs
WHERE NOT several
UNION ALL
SELECT user_key, app_id, positive, created_at, place
FROM edited;
