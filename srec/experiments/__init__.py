"""Trains and measures many models: reports, leaderboards and reproduced papers."""
