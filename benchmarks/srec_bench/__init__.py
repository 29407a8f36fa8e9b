"""Benchmarks: each interleaves its contenders in one process, prints a table, then one JSON line."""
