-- Of all versions of a (user, app), staged or stored, the greatest stays: the latest update, then the latest
-- creation, then every other column, so that the order of arrival never matters. A stored version equal to
-- a staged one stays, so that the same review again changes nothing.
CREATE OR REPLACE TEMP TABLE changed_reviews AS
WITH versions AS (
    SELECT * EXCLUDE (left_out), false AS stored FROM staged_reviews
    UNION ALL
    SELECT *, true AS stored FROM reviews SEMI JOIN staged_reviews USING (user_key, app_id)
)
SELECT * EXCLUDE (stored)
FROM versions
QUALIFY NOT stored AND row_number() OVER (
    PARTITION BY user_key, app_id
    ORDER BY
        updated_at DESC,
        created_at DESC,
        review_id DESC NULLS LAST,
        positive DESC,
        playtime_minutes DESC NULLS LAST,
        language DESC NULLS LAST,
        steam_purchase DESC NULLS LAST,
        received_for_free DESC NULLS LAST,
        early_access DESC NULLS LAST,
        stored DESC
) = 1;
