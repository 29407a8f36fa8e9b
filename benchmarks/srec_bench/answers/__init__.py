"""``srec bench answers``: what an answer of the sum costs, beside one of GCE-GNN."""
