"""Admin pages of the judges app; Django imports this package to register them."""

from judges.admin import cards, competitors, judges

__all__ = ["cards", "competitors", "judges"]
