"""``srec bench spark``: DuckDB and Spark make one dataset, file for file the same."""
