"""Versions swapped in under load."""
