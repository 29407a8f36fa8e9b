"""Reviews, games and tags straight from Steam, into a store: politely, and resumable at any moment."""
