"""What an audit comes to in plain words: whether the judge can be used, and why, for readers who are no statisticians."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from arena.templatetags.numbers import floatformat
from arena.wording import number
from judges.audits.figures.inputs import HEADLINES
from judges.audits.presentation import by_key, consistency_of, note_sentence, reasons_of
from judges.models import JudgeAudit

type Stored = Mapping[str, Any]
type Known = Mapping[str, Stored]

FEW_BATTLES = 30
"""With fewer, what a judge agrees on says little."""


def percent(share: float | None) -> str:
    """35 % for .352, in the reader's language."""
    return "–" if share is None else _("%(number)s %%") % {"number": floatformat(100 * share, 0)}


def percents(figure: Stored) -> str:
    """The interval of a share: 30–41 %; where an end is missing, what is known."""
    low, high = ("" if figure[end] is None else floatformat(100 * figure[end], 0) for end in ("low", "high"))
    if low and high:
        return _("%(low)s–%(high)s %%") % {"low": low, "high": high}
    if low:
        return _("at least %(low)s %%") % {"low": low}
    return _("at most %(high)s %%") % {"high": high} if high else _("no interval")


def has_value(figure: Stored | None) -> bool:
    return figure is not None and figure["value"] is not None


@dataclass(frozen=True, slots=True)
class PlainVerdict:
    """The verdict on a judge: `bottom_line` first, then what it rests on, a sentence each."""

    bottom_line: str
    sentences: list[str]


def summary_of(audit: JudgeAudit, *, says: str = "") -> PlainVerdict:
    """`says` is a curator's word: include, exclude or nothing."""
    known = by_key(audit)
    sentences = [_agreement(known), _orders(known), _slot(known), _length(known)]
    return PlainVerdict(_bottom_line(audit, known, says), [sentence for sentence in sentences if sentence])


def agreement_in(known: Known) -> Stored | None:
    """The headline: with people, gold labels or both."""
    return next((known[key] for key in HEADLINES if key in known), None)


def _bottom_line(audit: JudgeAudit, known: Known, says: str) -> str:
    if audit.judge.is_archived:
        return _("Retired.")
    if says == "exclude":
        return _("Left out by a curator.")
    if not audit.is_usable:
        why = {"reasons": "; ".join(map(_reason, audit.reason_notes)) or "; ".join(reasons_of(audit))}
        if says == "include":
            return _("Counted by a curator’s choice, although it is unusable by the rule: %(reasons)s.") % why
        return _("Unusable. Its verdicts do not count: %(reasons)s.") % why
    figure = agreement_in(known)
    if figure is None or not has_value(figure):
        return _("Not compared with people yet.")
    chance = known.get("agreement_by_chance")
    if chance is not None and has_value(chance) and figure["low"] is not None:
        if figure["high"] < chance["value"]:
            return _("Worse than guessing.")
        if figure["low"] <= chance["value"]:
            return _("Not shown to be better than guessing.")
    if figure["n"] < FEW_BATTLES:
        return _("Usable so far, on few battles.")
    if not audit.is_measured:
        return _("Usable, but its liking for one order is not measured.")
    return _("Usable.")


def _reason(note: Stored) -> str:
    """Without the word consistency, which says nothing to most readers."""
    if note["code"] != "inconsistent":
        return note_sentence(dict(note))
    shown = note["parameters"]
    words = _(
        "shown the same two answers in the other order, it gives the same verdict in %(high)s of %(n)s battles at the most, "
        "and %(least)s are needed"
    )
    return words % {"high": percent(shown["high"]), "least": percent(shown["least"]), "n": number(shown["n"])}


def _agreement(known: Known) -> str:
    figure = agreement_in(known)
    if figure is None or not has_value(figure):
        return _(
            "Neither people nor gold labels say of its battles which answer is better, so how far it is right is not known."
        )
    shown = {"share": percent(figure["value"]), "interval": percents(figure), "n": number(figure["n"])}
    if figure["key"] == "agreement_with_gold":
        sentence = _("On %(n)s battles with gold labels it names the labelled answer in %(share)s (%(interval)s).") % shown
    elif figure["key"] == "agreement_with_both":
        sentence = _("On %(n)s battles with votes or gold labels it agrees with them in %(share)s (%(interval)s).") % shown
    else:
        sentence = _("On %(n)s battles that people judged too it agrees with them in %(share)s (%(interval)s).") % shown
    return " ".join(each for each in (sentence, _compared(known)) if each)


def _compared(known: Known) -> str:
    """What people and guessing reach."""
    people, chance = known.get("agreement_among_people"), known.get("agreement_by_chance")
    shown = {name: percent(each["value"]) for name, each in (("people", people), ("chance", chance)) if each is not None}
    if has_value(people) and has_value(chance):
        return _("People agree with each other in %(people)s; guessing would give %(chance)s.") % shown
    if has_value(people):
        return _("People agree with each other in %(people)s.") % shown
    return _("Guessing would give %(chance)s.") % shown if has_value(chance) else ""


def _orders(known: Known) -> str:
    figure = consistency_of(known)
    if figure is None or figure["value"] is None:
        return ""
    shown = {"share": percent(figure["value"]), "n": number(figure["n"])}
    if figure["key"] == "consistency_of_repeats":
        return _("Asked again, it comes to the same in %(share)s of %(n)s battles.") % shown
    return _("Asked in both orders, it gives the same verdict in %(share)s of %(n)s battles.") % shown


def _slot(known: Known) -> str:
    """Which slot it favours, if the interval leaves no doubt."""
    figure = known.get("first_slot_rate")
    if figure is None or figure["value"] is None:
        return ""
    shown = {"first": percent(figure["value"]), "second": percent(1 - figure["value"])}
    if figure["low"] is not None and figure["low"] > 0.5:
        return _("It favours the answer shown first: it chooses it in %(first)s.") % shown
    if figure["high"] is not None and figure["high"] < 0.5:
        return _("It favours the answer shown second: it chooses it in %(second)s.") % shown
    return _("No liking for the answer shown first or second is seen (%(first)s first).") % shown


def _length(known: Known) -> str:
    """Only where it goes beyond what people like."""
    judge, people = known.get("length_preferred"), known.get("length_preferred_by_people")
    if judge is None or people is None or judge["low"] is None or people["high"] is None:
        return ""
    shown = {"share": percent(judge["value"]), "people": percent(people["value"])}
    if judge["low"] > people["high"]:
        return _("It prefers the longer answer more often than people do: %(share)s against %(people)s.") % shown
    if judge["high"] < people["low"]:
        return _("It prefers the longer answer less often than people do: %(share)s against %(people)s.") % shown
    return ""
