"""``srec bench crawl``: crawl a server that misbehaves, killed again and again; compare with the truth."""
