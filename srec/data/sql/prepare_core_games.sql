-- Half a round towards the fixed point: games with enough users left.
CREATE TABLE next AS
SELECT kept.*
FROM kept
WHERE app_id IN (SELECT app_id FROM kept GROUP BY app_id HAVING count(*) >= $minimum);

DROP TABLE kept;

ALTER TABLE next RENAME TO kept;
