"""``srec bench http``: the cost of a served answer, beside a constant answer of the same server."""
