-- What the next steps of preparation read, from what is kept.
CREATE VIEW user_tallies AS FROM state.user_tallies;
CREATE VIEW chosen AS FROM state.chosen;
