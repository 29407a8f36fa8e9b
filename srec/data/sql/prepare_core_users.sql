-- Half a round towards the fixed point: users with enough games left.
CREATE TABLE next AS
SELECT kept.*
FROM kept
WHERE user_key IN (SELECT user_key FROM kept GROUP BY user_key HAVING count(*) >= $minimum);

DROP TABLE kept;

ALTER TABLE next RENAME TO kept;
