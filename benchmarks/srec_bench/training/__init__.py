"""``srec bench training``: what a training step costs, and where, beside the floor of the same shapes."""
