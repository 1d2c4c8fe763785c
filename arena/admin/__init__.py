"""Admin pages of the arena app; Django imports this package to register them."""

from arena.admin import ballots, curation, endpoints, programs, runs, users

__all__ = ["ballots", "curation", "endpoints", "programs", "runs", "users"]
