-- What a preparation counted of all reviews, kept for the next.
CREATE TABLE state.user_tallies AS FROM user_tallies;
CREATE TABLE state.popular AS FROM popular;
CREATE TABLE state.chosen AS FROM chosen;
CREATE TABLE state.counted AS SELECT $what AS what, $batch AS batch, $revision AS revision;
