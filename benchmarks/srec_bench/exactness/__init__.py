"""``srec bench exactness``: random and adversarial searches with every kernel, against the reference."""
