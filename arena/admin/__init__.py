"""Pages of the admin about the arena; Django imports this package to find them."""

from arena.admin import curation, endpoints, runs

__all__ = ["curation", "endpoints", "runs"]
