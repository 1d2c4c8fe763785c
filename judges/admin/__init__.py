"""Pages of the admin about judges; Django imports this package to find them."""

from judges.admin import cards, competitors, judges

__all__ = ["cards", "competitors", "judges"]
