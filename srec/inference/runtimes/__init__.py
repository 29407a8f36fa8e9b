"""How an exported encoder is run; one file a runtime."""
