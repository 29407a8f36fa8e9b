"""How good a model is, and how sure one can be: metrics, protocols, comparison, the report."""
