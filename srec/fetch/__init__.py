"""Public data sets, brought from the addresses where they are published."""
