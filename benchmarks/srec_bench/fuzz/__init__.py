"""``srec bench fuzz``: whatever is read, changed at random, must be refused in one line or read well."""
