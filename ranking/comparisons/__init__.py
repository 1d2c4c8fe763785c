"""From evidence to comparisons: games at a position, which judges count, combined outcomes, style."""
