DROP TABLE staged_reviews;
DROP TABLE staged_games;
DROP TABLE staged_rejects;
DROP TABLE staged_files;
DROP TABLE IF EXISTS changed_reviews;
DROP TABLE IF EXISTS changed_games;
DROP TABLE IF EXISTS merged_games;
