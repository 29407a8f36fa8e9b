"""``srec bench spark``: one dataset made by DuckDB and by Spark, file for file the same."""
