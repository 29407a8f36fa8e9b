"""``srec bench training``: the cost of a training step and its parts, beside the floor of the same shapes."""
