from judges.models.cards import Judge
from judges.models.games import Game, GameChange
from judges.models.gold import Checklist, ChecklistCall, GoldItem, GoldSet

__all__ = ["Checklist", "ChecklistCall", "Game", "GameChange", "GoldItem", "GoldSet", "Judge"]
