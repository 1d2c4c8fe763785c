"""Pages about judges, their games and their runs."""
