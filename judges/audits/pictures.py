"""What the pictures of a judge's page show: shares as whiskers, stacked bars, and points of calibration, in per cent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.wording import number
from judges.audits.figures.inputs import HEADLINES
from judges.audits.plain_words import Known, agreement_in, percent, percents
from judges.audits.presentation import by_key, consistency_of, in_language
from judges.models import JudgeAudit

COIN = 0.5
"""What choosing at random gives where there are two answers."""

NO_CYCLE_BY_CHANCE = 0.75


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A share with its interval, and what it is seen against, as places in per cent of the axis."""

    name: str
    value: float
    low: float | None
    high: float | None
    interval: str
    n: int
    unit: str
    ghost: float | None
    against: str


@dataclass(frozen=True, slots=True)
class BarSegment:
    """One part of a stacked bar."""

    kind: str
    words: str
    n: int | None
    x: float
    percent: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A stacked bar, with its parts in words."""

    name: str
    n: int
    segments: Sequence[BarSegment]


@dataclass(frozen=True, slots=True)
class Point:
    """Of calibration; places count from the top of the picture, as SVG does."""

    stated: float
    observed: float
    low: float
    high: float
    n: int

    @property
    def y(self) -> float:
        return 100 - self.observed

    @property
    def y_low(self) -> float:
        return 100 - self.low

    @property
    def y_high(self) -> float:
        return 100 - self.high


# --- whiskers ------------------------------------------------------------------------------------------------------------

PEOPLE, CHANCE, LONGER = "agreement_among_people", "agreement_by_chance", "length_preferred_by_people"
RIGHT: Mapping[str, Any] = {
    HEADLINES[0]: gettext_lazy("Agrees with people"),
    HEADLINES[1]: gettext_lazy("Agrees with gold labels"),
    HEADLINES[2]: gettext_lazy("Agrees with people or gold labels"),
    "agreement_of_orders": gettext_lazy("The same, where its two orders agree"),
    "agreement_of_winners": gettext_lazy("The same, ties left out"),
    "position_consistency": gettext_lazy("Same verdict in both orders"),
    "position_consistency_of_winners": gettext_lazy("The same, ties left out"),
    "consistency_of_repeats": gettext_lazy("Same outcome when graded again"),
    "repetition_stability": gettext_lazy("Same verdict when asked again"),
    "repetition_stability_of_grades": gettext_lazy("Same grade when asked again"),
    "transitivity": gettext_lazy("Three models on one prompt form no cycle"),
    "coverage": gettext_lazy("Games with a verdict"),
}
LEANS: Mapping[str, Any] = {
    "first_slot_rate": gettext_lazy("Chooses the answer shown first"),
    "length_preferred": gettext_lazy("Prefers the longer answer"),
    "length_preferred_of_equals": gettext_lazy("The same, where people prefer neither"),
    "lists_preferred": gettext_lazy("Prefers the answer with more list items"),
    "bold_preferred": gettext_lazy("Prefers the answer with more bold"),
}


def right_rows(audit: JudgeAudit) -> list[ShareRow]:
    """How often it is right and says the same again, beside people."""
    known = dict(by_key(audit)) | {"coverage": audit.coverage["overall"]} if "overall" in audit.coverage else by_key(audit)
    return _rows(known, RIGHT)


def leaning_rows(audit: JudgeAudit) -> list[ShareRow]:
    """How often it takes what stands first or looks a certain way, beside an even choice."""
    return _rows(by_key(audit), LEANS)


def _rows(known: Known, names: Mapping[str, Any]) -> list[ShareRow]:
    figures = [(key, known[key]) for key in names if key in known and known[key]["value"] is not None]
    figures = [
        (key, figure) for key, figure in figures if figure["low"] is not None or key != "transitivity"
    ]  # of one triad or two
    return [_row(str(names[key]), in_language(dict(figure)), *_against(key, known)) for key, figure in figures]


def _row(name: str, figure: Mapping[str, Any], ghost: float | None, against: str) -> ShareRow:
    low, high = (None if figure[end] is None else _place(figure[end]) for end in ("low", "high"))
    is_whole = low is not None and high is not None
    return ShareRow(
        name, _place(figure["value"]), low if is_whole else None, high if is_whole else None, percents(figure),
        figure["n"], figure["unit"], None if ghost is None else _place(ghost), against,
    )  # fmt: skip


def _place(share: float) -> float:
    return min(max(100 * share, 0.0), 100.0)


def _against(key: str, known: Known) -> tuple[float | None, str]:
    """The value that it is seen against, and in words what that is."""
    people, chance, longer = (known.get(name, {}).get("value") for name in (PEOPLE, CHANCE, LONGER))
    if key in HEADLINES:
        words = [_("people %(share)s") % {"share": percent(people)}] if people is not None else []
        words += [_("guessing %(share)s") % {"share": percent(chance)}] if chance is not None else []
        return (chance if people is None else people), ", ".join(words)
    if key == "length_preferred" and longer is not None:
        return longer, _("people %(share)s") % {"share": percent(longer)}
    if key == "transitivity":
        return NO_CYCLE_BY_CHANCE, _("guessing %(share)s") % {"share": percent(NO_CYCLE_BY_CHANCE)}
    if key in LEANS:
        return COIN, _("even choice %(share)s") % {"share": percent(COIN)}
    return None, ""


# --- bars ----------------------------------------------------------------------------------------------------------------


def orders_bar(audit: JudgeAudit) -> Bar | None:
    """Battles with a verdict in both orders: the same, or for whichever answer stood first, or second."""
    known = by_key(audit)
    same, favoured, first = (known.get(key) for key in ("position_consistency", "total_bias", "first_among_inconsistent"))
    if same is None or same["value"] is None or favoured is None or favoured["value"] is None:
        return None
    among = 0.0 if first is None or first["value"] is None else first["value"]
    shares = (same["value"], favoured["value"] * among, favoured["value"] * (1 - among))
    counts = [round(share * same["n"]) for share in shares]
    words = _("the same verdict"), _("leans to the answer shown first"), _("leans to the answer shown second")
    parts = [*zip(("s0", "s1", "s3"), words, counts, strict=True), ("s2", _("no winner, in two ways"), same["n"] - sum(counts))]
    return _bar(_("In both orders"), parts)


SAID: Mapping[str, Any] = {
    "much": gettext_lazy("One answer is much better"),
    "better": gettext_lazy("One answer is better"),
    "level": gettext_lazy("Neither is better"),
}


def said_bars(audit: JudgeAudit) -> list[Bar]:
    """By what the judge says: how often people say the same, see no winner, or prefer the other answer."""
    bars = []
    for row in audit.coverage.get("said", []):
        contradicted = _("one is better") if row["strength"] == "level" else _("the other is better")
        parts = [
            ("s0", _("the same"), row["n_same"]),
            ("s2", _("neither is better"), row["n_level"]),
            ("s3", contradicted, row["n_other"]),
        ]
        bars.append(_bar(str(SAID[row["strength"]]), parts))
    return bars


def _bar(name: str, parts: Sequence[tuple[str, str, int]]) -> Bar:
    n, segments, x = sum(count for _, _, count in parts), [], 0.0
    for kind, words, count in parts:
        if count > 0:
            segments.append(BarSegment(kind, words, count, x, 100 * count / n))
            x += 100 * count / n
    return Bar(name, n, segments)


def calibration_points(audit: JudgeAudit) -> list[Point]:
    return [
        Point(*(100 * each[end] for end in ("stated", "observed", "low", "high")), each["n"])  # type: ignore[call-arg]
        for each in audit.coverage.get("chances", [])
    ]


# --- four figures ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Big:
    """One of the four figures on top."""

    name: str
    value: str
    sub: str


def four_figures(audit: JudgeAudit) -> list[Big]:
    """Agreement, consistency, slot and coverage; one without a number says why."""
    known, coverage = by_key(audit), audit.coverage.get("overall")
    agreement, consistency = agreement_in(known), consistency_of(known)
    is_repeat = consistency is not None and consistency.get("key") == "consistency_of_repeats"
    same = _("Same outcome when graded again") if is_repeat else _("Same verdict in both orders")
    names = {
        HEADLINES[1]: _("Agreement with gold labels"), HEADLINES[2]: _("Agreement with people and gold labels"),
    }  # fmt: skip
    return [
        _big(names.get((agreement or {}).get("key", ""), _("Agreement with people")), agreement, _compared(known)),
        _big(same, consistency),
        _big(_("Chooses the answer shown first"), known.get("first_slot_rate"), _("an even choice is 50 %")),
        _big(_("Games with a verdict"), coverage),
    ]


def _compared(known: Known) -> str:
    return _against(HEADLINES[0], known)[1]


def _big(name: str, figure: Mapping[str, Any] | None, more: str = "") -> Big:
    if figure is None:
        return Big(name, "–", _("not measured"))
    figure = in_language(dict(figure))
    if figure["value"] is None:
        return Big(name, "–", figure["note"] or _("not measured"))
    n = _("%(n)s %(unit)s") % {"n": number(figure["n"]), "unit": figure["unit"]}
    interval = [percents(figure)] if figure["low"] is not None and figure["high"] is not None else []
    return Big(name, percent(figure["value"]), "; ".join([", ".join([*interval, n]), *([more] if more else [])]))


@dataclass(frozen=True, slots=True)
class Brief:
    """A figure as a cell: its value, and its interval or why there is none."""

    value: str
    small: str


def brief(figure: Mapping[str, Any] | None) -> Brief:
    if figure is None:
        return Brief("", "")
    figure = in_language(dict(figure))
    if figure["value"] is None:
        return Brief("", figure["note"])
    n = _("n = %(n)s") % {"n": number(figure["n"])}
    return Brief(percent(figure["value"]), f"{percents(figure)}, {n}")


def cost_of_hundred(audit: JudgeAudit) -> int | None:
    """Micro-dollars of a hundred verdicts, games without one paid along; None without a verdict."""
    coverage = audit.coverage.get("overall")
    n_verdicts = 0 if coverage is None or coverage["value"] is None else round(coverage["value"] * coverage["n"])
    return round(100 * audit.cost / n_verdicts) if n_verdicts else None


# --- what is not measured --------------------------------------------------------------------------------------------------

NEEDS: Mapping[str, tuple[Any, Any]] = {
    "people": (gettext_lazy("agreement"), gettext_lazy("people’s votes or gold labels on its battles")),
    "position": (gettext_lazy("position"), gettext_lazy("games in both orders")),
    "leniency": (gettext_lazy("leniency"), gettext_lazy("grades of answers that a verifier checks")),
    "looks": (gettext_lazy("looks"), gettext_lazy("stored answers that differ in looks")),
    "own": (gettext_lazy("liking for its own family"), gettext_lazy("labelled battles with an answer of its own family")),
    "calibration": (gettext_lazy("calibration"), gettext_lazy("verdicts that state a probability")),
    "scores": (gettext_lazy("stability of scores"), gettext_lazy("answers that it scored more than once")),
    "board": (gettext_lazy("order of the models"), gettext_lazy("three models that people’s votes and its games rate")),
    "transitivity": (gettext_lazy("cycles"), gettext_lazy("verdicts on three models on one prompt")),
}
"""By section: what is not known, and what it takes."""


def not_measured(audit: JudgeAudit) -> list[tuple[str, str]]:
    """Subjects of which there is no number at all, with what it takes to measure them."""
    bare = [key for key in NEEDS if (figures := audit.figures.get(key)) and all(each["value"] is None for each in figures)]
    return [(str(NEEDS[key][0]), str(NEEDS[key][1])) for key in bare]
