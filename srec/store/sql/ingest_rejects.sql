-- The rejects of a file are those of its last ingestion: the same again are not doubled, mended ones go.
DELETE FROM rejects WHERE source IN (SELECT source FROM staged_files);
INSERT INTO rejects SELECT source, row, reason FROM staged_rejects;
