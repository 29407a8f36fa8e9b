"""From a store to a dataset: filters, split, features, update, and the engines that run the SQL."""

from srec.door import make_callable

make_callable(__name__)
