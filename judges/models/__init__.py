from judges.models.cards import Judge
from judges.models.games import Game, GameChange
from judges.models.gold import Checklist, GoldItem, GoldSet

__all__ = ["Checklist", "Game", "GameChange", "GoldItem", "GoldSet", "Judge"]
