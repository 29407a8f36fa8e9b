"""``srec bench http``: what a served answer costs, beside a constant answer of the same server."""
