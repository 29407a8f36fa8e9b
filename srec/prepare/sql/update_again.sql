-- What is kept, brought up to date; in one transaction.
DELETE FROM state.user_tallies WHERE user_key IN (SELECT user_key FROM affected);
DELETE FROM state.chosen WHERE user_key IN (SELECT user_key FROM affected);
INSERT INTO state.user_tallies SELECT * FROM fresh_tallies;
INSERT INTO state.chosen SELECT * FROM fresh_chosen;
DELETE FROM state.popular;
INSERT INTO state.popular SELECT * FROM popular;
UPDATE state.counted SET batch = $batch, revision = $revision;
