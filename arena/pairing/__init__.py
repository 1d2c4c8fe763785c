"""Which pair of answers a voter gets: the candidates, and the draw."""
