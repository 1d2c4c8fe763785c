"""An audit as its page, CSV and REST resource show it. Nothing is computed here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, gettext_noop, ngettext

from arena.wording import number, with_signs
from judges import translated_sayings
from judges.audits.figures.figure_texts import FIGURES
from judges.audits.figures.note_texts import TEXTS, in_words
from judges.audits.figures.set_keys import is_for_curators
from judges.audits.figures.set_texts import saying_of
from judges.models import Judge, JudgeAudit
from judges.sayings import Saying
from judges.verdicts.combiner_texts import COMBINER_TEXTS
from judges.verdicts.game_states import ENDED, NAMES, GameState

type Stored = dict[str, Any]

SECTIONS = (
    ("people", gettext_noop("Agreement with people and gold labels")),
    ("gold", gettext_noop("Against gold labels")),
    ("labels", gettext_noop("Against gold labels with ties")),
    ("position", gettext_noop("Position")),
    ("leniency", gettext_noop("Leniency")),
    ("looks", gettext_noop("Looks")),
    ("own", gettext_noop("Its own family")),
    ("calibration", gettext_noop("Calibration")),
    ("scores", gettext_noop("Scores")),
    ("board", gettext_noop("Order of the board")),
    ("transitivity", gettext_noop("Transitivity")),
    ("marks", gettext_noop("Answers that seem to speak to their judge")),
)
"""The sections of an audit, in the order of its page."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A set of battles behind a figure."""

    key: str
    words: str
    n: int

    @property
    def is_for_curators(self) -> bool:
        return is_for_curators(self.key)


NO_SHARES = frozenset(
    {
        "cohen_kappa", "scott_pi", "krippendorff_alpha", "weighted_kappa", "slot_gamma", "length_slope", "lists_slope",
        "bold_slope", "leniency_pc", "own_preference", "brier_score", "log_loss", "calibration_error", "icc_single", "icc_mean",
        "board_spearman", "board_kendall", "differing_coverage",
    }
)  # fmt: skip
"""Figures that are coefficients; all others are shares, and shown in per cent."""


def is_share(figure: Stored) -> bool:
    return figure["label"] in FIGURES and figure["label"] not in NO_SHARES


@dataclass(frozen=True, slots=True)
class Section:
    """One block of the table: its figures, those without a number with the reason, each with the battles behind it."""

    title: str
    figures: list[tuple[Stored, list[Behind]]]


_NAMED = Counter(text.name for text in FIGURES.values())
_OLD_KEYS = {text.name: key for key, text in FIGURES.items() if _NAMED[text.name] == 1}  # by a name that is of one figure


def as_stored(figure: Stored) -> Stored:
    """With the fields of today: figures of earlier audits have no key and no codes until they are made again."""
    of = next((note["parameters"].get("name", "") for note in figure.get("notes", ()) if note["code"] == "gold_set"), "")
    return {"key": "", "label": "", "unit_code": "", "notes": [], "methods": [], "of": of} | figure


def in_language(figure: Stored) -> Stored:
    """With its texts in the reader's language, made from key and codes; where there are none, as they were stored."""
    figure, text = as_stored(figure), FIGURES.get(figure.get("label", ""))
    if text is None or figure["unit_code"] not in TEXTS:
        return figure
    unit = note_sentence({"code": figure["unit_code"], "parameters": {}, "text": figure["unit"]})
    return figure | {
        "name": gettext(text.name),
        "unit": unit,
        "formula": gettext(text.formula) % {"unit": unit} if text.formula else "",
        "note": "; ".join(note_sentence(note) for note in figure["notes"]),
        "method": "; ".join(note_sentence(note) for note in figure["methods"]),
    }


def for_page(figure: Stored) -> Stored:
    """The same with what a table prints: a share in per cent, a coefficient as it is."""
    figure = in_language(figure)
    times = 100 if is_share(figure) else 1
    shown = {f"shown_{end}": None if figure[end] is None else times * figure[end] for end in ("value", "low", "high")}
    return figure | shown | {"is_share": times == 100}


def figures_explained() -> list[tuple[str, str, str]]:
    """Of every figure its key, its name and its formula, in the reader's language."""
    return [
        (key, gettext(text.name), gettext(text.formula) % {"unit": in_words(text.unit, {}, gettext=gettext)})
        for key, text in FIGURES.items()
        if text.formula
    ]


def note_sentence(note: Stored) -> str:
    """A stored note in the reader's language; in English as it was stored, where its code is no longer known."""
    try:
        return in_words(note["code"], note["parameters"], gettext=gettext, ngettext=ngettext, number=number, signed=with_signs)
    except (KeyError, TypeError, ValueError):
        return str(note["text"])


def reasons_of(audit: JudgeAudit) -> list[str]:
    """Why its verdicts should not count, or what is not known, in the reader's language."""
    return [note_sentence(note) for note in audit.reason_notes] or list(audit.reasons)


def sections_of(audit: JudgeAudit) -> list[Section]:
    """With the figures as they are stored: in English, for files and programs."""
    return [
        Section(title, [(as_stored(figure), behind(audit, figure)) for figure in audit.figures[key]])
        for key, title in SECTIONS
        if audit.figures.get(key)
    ]


def sections_in_language(audit: JudgeAudit) -> list[Section]:
    """The same for a page."""
    return [
        Section(
            gettext(title),
            [
                (for_page(figure), [replace(each, words=words_of(each.key, each.words)) for each in behind(audit, figure)])
                for figure in audit.figures[key]
            ],
        )
        for key, title in SECTIONS
        if audit.figures.get(key)
    ]


def folded(sections: Sequence[Section]) -> tuple[list[Section], list[tuple[str, list[str]]]]:
    """The sections without figures that had nothing to measure, and why those have no number, each reason with their names."""
    reasons: dict[str, list[str]] = {}
    kept = []
    for section in sections:
        measured = [pair for pair in section.figures if not _has_nothing(pair[0])]
        for figure, _ in section.figures:
            if _has_nothing(figure):
                reasons.setdefault(figure["note"], []).append(figure["name"])
        if measured:
            kept.append(replace(section, figures=measured))
    return kept, list(reasons.items())


def _has_nothing(figure: Stored) -> bool:
    return figure["value"] is None and not figure["is_unbounded"] and not figure["n"]


def words_of(key: str, stored: str) -> str:
    """What the battles of a set have in common, in the reader's language; as it was stored where its key is of old."""
    saying = saying_of(key)
    return stored if saying is None else translated_sayings.translated(saying)


def headline_of(audit: JudgeAudit) -> Stored | None:
    """How far it agrees, over all labelled battles: the first of the figures that people and gold labels give."""
    return next((as_stored(figure) for figure in audit.figures.get("people", [])), None)


def badge_of(audit: JudgeAudit) -> str:
    """Why a board from its games carries a warning, in the reader's language."""
    return "; ".join(note_sentence(note) for note in audit.coverage.get("warnings", [])) or audit.coverage.get("badge", "")


def by_key(audit: JudgeAudit) -> dict[str, Stored]:
    """Its figures; those of earlier audits have no keys until they are made again, and are found by their English names."""
    stored = [as_stored(figure) for figures in audit.figures.values() for figure in figures]
    keys = [figure["key"] or _OLD_KEYS.get(figure["name"], "") for figure in stored]
    return {key: figure for key, figure in zip(keys, stored, strict=True) if key}


def consistency_of[Figure: Mapping[str, Any]](known: Mapping[str, Figure]) -> Figure | None:
    """Of its two orders; of a judge that grades answers one by one, of its repeats."""
    orders, repeats = known.get("position_consistency"), known.get("consistency_of_repeats")
    return repeats if repeats is not None and (orders is None or orders["value"] is None) else orders


def behind(audit: JudgeAudit, figure: Mapping[str, Any]) -> list[Behind]:
    """Audits that were made before they had sets have none."""
    known = audit.battle_sets
    return [Behind(key, known[key]["words"], known[key]["n"]) for key in figure.get("sets", ()) if key in known]


# --- how games ended ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ends:
    """End states that occurred, each with the set of its battles where there is one, and their counts by competitor."""

    states: list[tuple[str, str]]
    lines: list[tuple[str, int, list[int]]]


def ends_of(audit: JudgeAudit) -> Ends:
    rows = audit.coverage.get("by_competitor", [])
    states = sorted({state for row in rows for state in row["counts"]})
    lines = [(row["competitor"], row["n_games"], [row["counts"].get(state, 0) for state in states]) for row in rows]
    return Ends([(_end(state), f"{ENDED}{state}" if f"{ENDED}{state}" in audit.battle_sets else "") for state in states], lines)


def _end(state: str) -> str:
    return gettext(NAMES[GameState(state)]) if state in set(GameState) else state


# --- boards by rule ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A rule under which there is a board."""

    name: str
    words: str
    n_decided: int
    n_undecided: int
    tau: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One competitor under one rule; `moved` places up (or down, below zero) against the first column."""

    rank: int | None
    rating: float | None = None
    low: float | None = None
    high: float | None = None
    moved: int = 0
    reason: str = ""

    @property
    def is_up(self) -> bool:
        return self.moved > 0

    @property
    def n_places(self) -> int:
        return abs(self.moved)


@dataclass(frozen=True, slots=True)
class Boards:
    """How the ranking moves: rules as columns, competitors as lines, and why other rules make no board."""

    columns: list[Column]
    lines: list[tuple[str, list[Cell]]]
    without: list[tuple[str, str]]
    n_moved: int  # competitors whose place any rule changes


def boards_of(audit: JudgeAudit) -> Boards:
    boards = [board for board in audit.boards if board["standings"]]
    places = [{line["competitor"]: line for line in board["standings"]} for board in boards]
    default = places[0] if boards and boards[0] is audit.boards[0] else {}
    names = sorted({name for board in places for name in board}, key=lambda name: _place(name, default))
    moved = [_moved(at, default) for at in places]
    cells = {
        name: [_cell(name, at, board, moves.get(name, 0)) for at, board, moves in zip(places, boards, moved, strict=True)]
        for name in names
    }
    return Boards(
        columns=[Column(*_named(board), board["n_decided"], board["n_undecided"], board["tau"]) for board in boards],
        lines=list(cells.items()),
        without=[(_named(board)[0], _why_none(board)) for board in audit.boards if not board["standings"]],
        n_moved=sum(any(cell.moved for cell in line) for line in cells.values()),
    )


def _named(board: Mapping[str, Any]) -> tuple[str, str]:
    text = COMBINER_TEXTS.get(board["rule"])
    return (board["rule"], "") if text is None else (gettext(text.name), gettext(text.line))


def _why_none(board: Mapping[str, Any]) -> str:
    """In English alone for boards of earlier audits."""
    return translated_sayings.translated(Saying.of(board["why"])) if board.get("why") else str(board["reason"])


def _why_unrated(board: Mapping[str, Any], name: str) -> str:
    """In English alone for boards of earlier audits."""
    if (note := board.get("unrated_notes", {}).get(name)) is not None:
        return translated_sayings.translated(Saying.of(note))
    return str(board["unrated"].get(name, gettext("no battle of it is decided")))


def _place(name: str, default: Mapping[str, Mapping[str, Any]]) -> tuple[float, str]:
    place = default[name]["rank"] if name in default else None
    return (float("inf") if place is None else place, name)


def _moved(at: Mapping[str, Any], default: Mapping[str, Any]) -> dict[str, int]:
    """Places up against the first column, among those that have a place in both: who has none in one moves nobody."""
    both = [name for name in at if at[name]["rank"] is not None and name in default and default[name]["rank"] is not None]
    before, after = (
        {name: sum(board[other]["rank"] < board[name]["rank"] for other in both) for name in both} for board in (default, at)
    )
    return {name: before[name] - after[name] for name in both}


def _cell(name: str, at: Mapping[str, Any], board: Mapping[str, Any], moved: int) -> Cell:
    if name not in at:
        return Cell(None, reason=_why_unrated(board, name))
    line = at[name]
    if line["rank"] is None:
        return Cell(None, reason=gettext("rated %(rating).0f, with no interval and no place yet") % line)
    return Cell(line["rank"], line["rating"], line["low"], line["high"], moved)


# --- what answered -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answering:
    """A model string that came back with the parameters that were sent, and how often."""

    model: str
    parameters: str
    n_games: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Model:
    """All games that one model string answered, with the first and last time."""

    name: str
    n_games: int
    first: datetime | None
    last: datetime | None


def answering(audit: JudgeAudit) -> list[Answering]:
    return [
        Answering(
            model=line["model"],
            parameters=", ".join(f"{name} {value}" for name, value in sorted(line["parameters"].items())),
            n_games=line["n_games"],
            first=parse_datetime(line["first"]),
            last=parse_datetime(line["last"]),
        )
        for line in audit.answered.get("replies", [])
    ]


def models_of(lines: Sequence[Mapping[str, Any]]) -> list[Model]:
    """In the order in which they first answered."""
    models: dict[str, Model] = {}
    for line in lines:
        first, last, old = parse_datetime(line["first"]), parse_datetime(line["last"]), models.get(line["model"])
        if old is not None and first and last and old.first and old.last:
            first, last = min(first, old.first), max(last, old.last)
        n_games = line["n_games"] + (old.n_games if old else 0)
        models[line["model"]] = Model(line["model"] or gettext("no name"), n_games, first, last)
    return sorted(models.values(), key=lambda model: (model.first is None, model.first, model.name))


def refused_of(audit: JudgeAudit) -> list[tuple[str, Any]]:
    """Parameters of the card that are not sent, with their values on the card."""
    return [(name, _value_on_card(audit.judge, name)) for name in audit.answered.get("refused", [])]


def _value_on_card(judge: Judge, name: str) -> Any:
    return judge.parameters.get(name, {"temperature": 0.0}.get(name, ""))
