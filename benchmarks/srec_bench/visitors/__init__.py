"""``srec bench visitors``: what players of real libraries and fifteen tastes get."""
