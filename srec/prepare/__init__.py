"""From a store to a dataset: filters, split, features, update, and the engines that run the SQL."""
