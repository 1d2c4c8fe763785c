"""One ranking from many columns: Borda, mean win rates."""
