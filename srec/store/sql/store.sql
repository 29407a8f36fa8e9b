-- The tables of a store beside those that schema.py describes.
CREATE TABLE rejects (
    source VARCHAR NOT NULL,  -- the source's name and the file
    row BIGINT NOT NULL,      -- counted from 1 in that file
    reason VARCHAR NOT NULL   -- never quotes a user id
);
CREATE TABLE ingestions (
    source VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,    -- the table: reviews, games, ...
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP NOT NULL,
    read BIGINT NOT NULL,     -- = added + replaced + repeated + rejected
    added BIGINT NOT NULL,
    replaced BIGINT NOT NULL,
    repeated BIGINT NOT NULL, -- the same as another version of the row, or older
    rejected BIGINT NOT NULL
);
-- The name of all rows as each batch left them.
CREATE TABLE revisions (batch BIGINT NOT NULL, revision VARCHAR NOT NULL);
CREATE TABLE meta (key VARCHAR NOT NULL, value VARCHAR NOT NULL);
-- What a crawl remembers: where it stands with each game, and during a refresh which reviews it met.
CREATE TABLE notes (key VARCHAR NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE seen (app_id INTEGER NOT NULL, user_key BIGINT NOT NULL);
-- The reviews that are gone from Steam, and the batch that found it.
CREATE TABLE removed (user_key BIGINT NOT NULL, app_id INTEGER NOT NULL, batch BIGINT NOT NULL);
