"""A simulated Steam whose rules are known."""
