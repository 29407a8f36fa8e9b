"""From a trained run to answers: the bundle, its runtimes, the recommender. Imports no torch to serve."""
