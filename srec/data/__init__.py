"""The data: sources, the store, the dataset directory and the SQL between them."""
