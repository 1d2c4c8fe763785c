"""One ranking from many columns of scores: Borda counts, points and mean win rates."""
