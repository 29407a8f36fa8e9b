-- Where the rows of one ingestion wait: temporary, so that they spill to disk and vanish.
CREATE OR REPLACE TEMP TABLE staged_reviews AS
SELECT *, NULL::VARCHAR[] AS left_out FROM reviews WITH NO DATA;
CREATE OR REPLACE TEMP TABLE staged_games AS
SELECT *, 0::BIGINT AS arrival, NULL::VARCHAR[] AS left_out FROM games WITH NO DATA;
CREATE OR REPLACE TEMP TABLE staged_sequences AS
SELECT *, 0::BIGINT AS arrival, NULL::VARCHAR[] AS left_out FROM sequences WITH NO DATA;
CREATE OR REPLACE TEMP TABLE staged_libraries AS
SELECT *, 0::BIGINT AS arrival, NULL::VARCHAR[] AS left_out FROM libraries WITH NO DATA;
CREATE OR REPLACE TEMP TABLE staged_rejects AS SELECT *, '' AS kind FROM rejects WITH NO DATA;
CREATE OR REPLACE TEMP TABLE staged_files (source VARCHAR);

-- A value as a reject shows it, without what is or looks like a user id: columns may have slipped. NUL goes too,
-- for PostgreSQL has no text with it.
CREATE OR REPLACE TEMP MACRO quoted(given, writer) AS '"' || left(
    regexp_replace(
        CASE
            WHEN CAST(given AS VARCHAR) = CAST(writer AS VARCHAR) THEN '*'
            WHEN length(CAST(writer AS VARCHAR)) > 4
            THEN replace(CAST(given AS VARCHAR), CAST(writer AS VARCHAR), '*')
            ELSE CAST(given AS VARCHAR)
        END,
        '[0-9]{15,}|\x00', '*', 'g'
    ),
    60
) || '"';
