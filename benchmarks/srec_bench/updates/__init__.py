"""Updates that are killed, and that meet a full disk."""
