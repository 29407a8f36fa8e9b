-- Each item's metadata as (kind, value) pairs; release dates and prices become bands.
SELECT DISTINCT item, kind, trim(value) AS value
FROM (
    SELECT item, 'developer' AS kind, unnest(developers) AS value
    FROM catalogue
    UNION ALL
    SELECT item, 'publisher', unnest(publishers)
    FROM catalogue
    UNION ALL
    SELECT item, 'genre', unnest(genres)
    FROM catalogue
    UNION ALL
    SELECT item, 'category', unnest(categories)
    FROM catalogue
    UNION ALL
    SELECT item, 'release_year', CAST(year(release_date) AS VARCHAR)
    FROM catalogue
    UNION ALL
    SELECT
        item,
        'price_band',
        CASE
            WHEN price_usd_cents <= 0 THEN '0'
            WHEN price_usd_cents < 500 THEN 'under 5'
            WHEN price_usd_cents < 1000 THEN '5 to 10'
            WHEN price_usd_cents < 2000 THEN '10 to 20'
            WHEN price_usd_cents < 4000 THEN '20 to 40'
            ELSE '40 and more'
        END
    FROM catalogue
    WHERE price_usd_cents IS NOT NULL
    UNION ALL
    SELECT item, 'free', CASE WHEN is_free THEN 'free' ELSE 'paid' END
    FROM catalogue
    WHERE is_free IS NOT NULL
)
WHERE trim(value) <> ''
ORDER BY item, kind, value;
