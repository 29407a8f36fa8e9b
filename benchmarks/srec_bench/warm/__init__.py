"""Training that goes on from an earlier run, beside training anew."""
