-- The key that ids are hashed with has left the store; its fingerprint stays. Rows that were deleted would lie in
-- the table's file until a vacuum, so the table gets a new one.
CREATE TEMP TABLE kept ON COMMIT DROP AS
    SELECT CASE key WHEN 'secret' THEN 'identity' ELSE key END AS key,
        CASE key WHEN 'secret' THEN left(encode(sha256(convert_to(value, 'UTF8')), 'hex'), 16) ELSE value END AS value
    FROM meta;
TRUNCATE meta;
INSERT INTO meta (key, value) SELECT key, value FROM kept;
DROP TABLE kept;
