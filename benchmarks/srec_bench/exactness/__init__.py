"""``srec bench exactness``: searches by every kernel, adversarial ones among them, against the reference."""
