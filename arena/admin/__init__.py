"""Pages of the admin about the arena; Django imports this package to find them."""

from arena.admin import ballots, curation, endpoints, programs, runs, users

__all__ = ["ballots", "curation", "endpoints", "programs", "runs", "users"]
