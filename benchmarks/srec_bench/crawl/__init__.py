"""``srec bench crawl``: crawl a fake Steam that misbehaves, with many kills, and compare with the truth."""
