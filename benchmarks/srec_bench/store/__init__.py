"""``srec bench store``: move reviews into a store, out of it and to Parquet, beside a DuckDB file."""
