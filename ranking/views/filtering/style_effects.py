"""What a board that levels style took out: how far more of each mark would have helped an answer."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ranking.models import Snapshot
from ranking.note_sentences import in_readers_language

STYLE_CODES = ("style.coefficient", "style.coefficient_alone")


@dataclass(frozen=True, slots=True)
class StyleEffect:
    """Per cent of battles that the answer with more of it wins, of two that are equally good; limits where there are any."""

    name: str
    percent: float
    low: float | None
    high: float | None


def style_effects(shown: Snapshot) -> list[StyleEffect]:
    """From a snapshot's notes; snapshots of older versions have none."""
    notes = [note for note in shown.coded_notes if note.code in STYLE_CODES and note.parameters]
    return [_effect(note.parameters) for note in notes if note.parameters]


def _effect(parameters: Mapping[str, Any]) -> StyleEffect:
    name = parameters["name"]
    named = in_readers_language(name["code"].rpartition(".")[2], name["code"], {}) if isinstance(name, dict) else str(name)
    low, high = (_percent(parameters[end]) if end in parameters else None for end in ("low", "high"))
    return StyleEffect(named, _percent(parameters["estimate"]), low, high)


def _percent(log_odds: float) -> float:
    return 100 / (1 + math.exp(-log_odds))
