"""The prepared dataset that models read: its directory, its sessions, examples and batches of them."""
