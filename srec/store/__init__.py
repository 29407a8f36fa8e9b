"""Reviews and games as they come in: what is read, how it is cleaned, and where it is kept."""
