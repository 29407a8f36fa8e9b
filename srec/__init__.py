"""SRec recommends Steam games to anonymous visitors: name the games you like, get the next ones."""

__version__ = "0.1.0"
