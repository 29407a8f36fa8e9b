"""``srec bench soak``: a server under load for half an hour, while its workers and its visitors misbehave."""
