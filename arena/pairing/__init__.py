"""Which pair of answers a voter gets: what can be offered, and the draw."""
