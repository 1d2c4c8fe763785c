from judges.models.audits import JudgeAudit
from judges.models.cards import BASELINES, Judge
from judges.models.constant_answers import ConstantAnswers
from judges.models.games import EarlierEnding, Game, GameChange
from judges.models.gold import Checklist, ChecklistCall, GoldAnswer, GoldItem, GoldSet
from judges.models.judge_choices import JudgeChoice

__all__ = [
    "BASELINES",
    "Checklist",
    "ChecklistCall",
    "ConstantAnswers",
    "EarlierEnding",
    "Game",
    "GameChange",
    "GoldAnswer",
    "GoldItem",
    "GoldSet",
    "Judge",
    "JudgeAudit",
    "JudgeChoice",
]
