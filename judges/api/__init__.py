"""REST resources of judges and their games."""
