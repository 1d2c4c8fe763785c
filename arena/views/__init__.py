"""Pages of the arena: voting, battles, imports and runs."""
