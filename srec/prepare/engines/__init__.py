"""The engines that run the SQL of preparation: one file each, and one line here."""
