-- The weight of a tag, in (0, 1]. Votes: the share of the game's most voted tag. Where only the order is known:
-- 0.9 ^ (place - 1), which follows the median vote share by rank. Where neither is: 0.5 each.
CREATE OR REPLACE TEMP MACRO tag_weight(kind, votes, most, place) AS CASE kind
    WHEN 'votes' THEN CAST(votes AS DOUBLE) / nullif(most, 0)
    WHEN 'ranked' THEN power(0.9, place - 1)
    ELSE 0.5
END;
