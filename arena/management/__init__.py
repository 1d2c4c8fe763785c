"""Management commands of the arena."""
