"""A board outside the site: its comparisons as a file, the program that fits them again, and hashes of what it counts."""
