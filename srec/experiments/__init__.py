"""What trains and measures many models: reports, leaderboards, and papers reproduced."""
