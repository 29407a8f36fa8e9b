"""``srec bench privacy``: every command under a watch, with a home folder that it must leave alone."""
