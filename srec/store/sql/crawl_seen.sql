-- Remember which reviews this ingestion gave.
INSERT INTO seen SELECT DISTINCT app_id, user_key FROM staged_reviews;
