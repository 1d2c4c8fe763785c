"""Files of battles and votes, as arenas, papers and annotation tools publish them."""
