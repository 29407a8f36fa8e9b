-- A game's row is the last known value of each column, the stored row counting as the first: what a later
-- source does not know stays. Tags go together with their kind, and poorer ones (votes > ranked > unordered)
-- never replace richer ones.
CREATE OR REPLACE TEMP TABLE merged_games AS SELECT * FROM games WITH NO DATA;
INSERT INTO merged_games BY NAME
WITH versions AS (
    SELECT * EXCLUDE (left_out) FROM staged_games
    UNION ALL
    SELECT *, -1 AS arrival FROM games SEMI JOIN staged_games USING (app_id)
),
last_known AS (
    SELECT
        app_id,
        arg_max(COLUMNS(* EXCLUDE (app_id, tags, tags_kind, arrival)), arrival),
        arg_max(
            struct_pack(tags, tags_kind),
            (list_position(['unordered', 'ranked', 'votes'], tags_kind), arrival)
        ) FILTER (tags IS NOT NULL) AS tagged
    FROM versions
    GROUP BY app_id
)
SELECT * EXCLUDE (tagged), tagged.tags AS tags, tagged.tags_kind AS tags_kind
FROM last_known;
CREATE OR REPLACE TEMP TABLE changed_games AS SELECT * FROM merged_games EXCEPT SELECT * FROM games;
