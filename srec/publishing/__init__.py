"""Published versions of a model: a folder of bundles, one of which is served."""
