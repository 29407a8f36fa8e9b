"""``srec bench store``: reviews into a store, out of it again, and to Parquet; beside a DuckDB file."""
