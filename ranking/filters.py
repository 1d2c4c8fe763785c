"""Filters of a board: which prompts, votes and verdicts it counts, and the one way to write them.

A reader's address (`?category=math&language=de&since=2026-01-01`) is parsed and checked here. One category and one language
stand in the board's columns of these names; everything else stands in its column `filters`, as a sorted query in one spelling,
so that a definition is one row (`one_board_a_definition`). From there: `boards.asked` looks the board up or asks for it, the
worker fits it (`boards.publishing` picks prompts, `boards.sources` votes and verdicts), and its snapshots keep the filters
among their parameters, so that they can be made again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from django.utils.translation import gettext as _

from ranking.weighing import MEAN_RATING, PARTLY, WAYS, WrongWeights, trimmed_path, weights_of, written_weights

LONGEST = 800
MOST_VALUES = 20
MOST_CHARACTERS = 10_000_000
MOST_TURNS = 999
SEVERAL = "several"
VOTERS = ("account", "anonymous", "external", "imported")
"""Groups of voters, as `arena.models.Voter.Kind` has them."""

NAMES = {
    "category": "categories", "language": "languages", "tag": "tags", "pool": "pools", "min_chars": "min_chars",
    "max_chars": "max_chars", "turns": "turns", "since": "since", "until": "until", "voters": "voters",
    "over": "over", "by": "by", "missing": "missing", "borrow": "borrow",
}  # fmt: skip
"""What each filter is called in addresses, and here."""


class WrongFilter(Exception):
    """A value that no filter takes. The message names it and says what is allowed."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Filters:
    """What a board is narrowed to; of several values of one filter any will do, and all filters hold together.

    Attributes
    ----------
    categories : tuple of str
        Paths; prompts of these and below them. None of them lies below another.
    min_chars, max_chars : int or None
        Characters of all the user's turns together, both included.
    turns : str
        A number, `several` for two and more, or empty.
    since, until : date or None
        Days in UTC, both included, of votes and of verdicts.
    voters : tuple of str
        Groups out of `VOTERS`; empty for all.
    over : str
        Categories that are fitted one by one and count by weights: see `ranking.weighing`.
    by, missing : str
        How these become one score (empty: the mean rating), and `partly` where models count that not all of them rate.
    borrow : str
        `on`: ratings of the one category lean on those of all categories as far as its own evidence is thin.
    """

    categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    min_chars: int | None = None
    max_chars: int | None = None
    turns: str = ""
    since: date | None = None
    until: date | None = None
    voters: tuple[str, ...] = ()
    over: str = ""
    by: str = ""
    missing: str = ""
    borrow: str = ""

    def __bool__(self) -> bool:
        return self != Filters()

    @classmethod
    def of(cls, values: Mapping[str, Sequence[str]]) -> "Filters":
        """
        From the parameters of an address; what is empty is left out, and what is no filter is passed over.

        Raises
        ------
        WrongFilter

        Examples
        --------
        >>> Filters.of({"category": ["math/algebra", "math", ""], "turns": ["one"]})  # doctest: +ELLIPSIS
        Filters(categories=('math',), ..., turns='1', ...)
        """
        read = {name: [value.strip() for value in values.get(name, ()) if value.strip()] for name in NAMES}
        for name, written in read.items():
            _check_amount(name, written)
        voters = tuple(sorted(set(read["voters"])))
        if unknown := next((value for value in voters if value not in VOTERS), ""):
            raise WrongFilter("voters", _("No group of voters is called “%(value)s”.") % {"value": unknown})
        filters = cls(
            categories=_topmost(map(trimmed_path, read["category"])),
            languages=_each_once(read["language"]), tags=_each_once(read["tag"]), pools=_each_once(read["pool"]),
            min_chars=_number("min_chars", read["min_chars"]), max_chars=_number("max_chars", read["max_chars"]),
            turns=_turns(read["turns"]), since=_day("since", read["since"]), until=_day("until", read["until"]),
            voters=() if voters == VOTERS else voters, **_weighed(read),
            borrow=_among("borrow", read["borrow"], ("on",)) if read["category"] else "",
        )  # fmt: skip
        filters._check_ends()
        filters._check_categories()
        if len(filters.rest) > LONGEST:
            raise WrongFilter("", _("These are too many filters for one board: leave some out."))
        return filters

    @classmethod
    def of_board(cls, category: str, language: str, rest: str) -> "Filters":
        """From a board's columns, or from a snapshot's parameters. Raises WrongFilter."""
        read: dict[str, list[str]] = {}
        for name, value in [("category", category), ("language", language), *parse_qsl(rest)]:
            read.setdefault(name, []).append(value)
        return cls.of(read)

    def _check_ends(self) -> None:
        if self.min_chars is not None and self.max_chars is not None and self.min_chars > self.max_chars:
            raise WrongFilter("max_chars", _("No prompt is both longer and shorter than that: swap the two lengths."))
        if self.since and self.until and self.since > self.until:
            raise WrongFilter("until", _("No day is both after and before that: swap the two dates."))

    def _check_categories(self) -> None:
        if self.over and self.categories:
            raise WrongFilter("over", _("Choose categories either by weights or by the filter, not by both."))
        if self.missing and self.by.startswith("borda"):
            message = _("Borda points take every model in every category: leave out who is missing, or take the mean win rate.")
            raise WrongFilter("missing", message)
        if self.borrow and not self.category:
            raise WrongFilter("borrow", _("One category borrows from all others: choose one category, not several."))

    @property
    def weights(self) -> dict[str, float]:
        """By category, where categories are weighed."""
        return weights_of(self.over)

    @property
    def way(self) -> str:
        """How weighed categories become one score."""
        return self.by or MEAN_RATING

    @property
    def is_parted(self) -> bool:
        """Whether several categories are fitted for it, each by itself or all together."""
        return bool(self.over or self.borrow)

    @property
    def category(self) -> str:
        """The only one, as a board's column has it."""
        return self.categories[0] if len(self.categories) == 1 else ""

    @property
    def language(self) -> str:
        return self.languages[0] if len(self.languages) == 1 else ""

    @property
    def rest(self) -> str:
        """All that has no column of its own, in the one spelling."""
        return urlencode(sorted(pair for pair in self.pairs if pair[0] not in self._in_columns))

    @property
    def _in_columns(self) -> set[str]:
        single = {"category": len(self.categories) == 1, "language": len(self.languages) == 1}
        return {name for name, is_single in single.items() if is_single}

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Each value by the name that it has in addresses."""
        listed: list[tuple[str, str]] = []
        for name, field in NAMES.items():
            value = getattr(self, field)
            several = value if isinstance(value, tuple) else () if value in (None, "") else (value,)
            listed += [(name, str(one)) for one in several]
        return listed

    @property
    def query(self) -> str:
        return urlencode(self.pairs)

    @property
    def chooses_prompts(self) -> bool:
        return replace(self, since=None, until=None, voters=(), by="", missing="", borrow="") != Filters()

    @property
    def reads_prompts(self) -> bool:
        """Whether it rests on what the ledger does not keep of prompts: a snapshot stores which they were."""
        return bool(self.tags or self.pools or self.turns or self.min_chars is not None or self.max_chars is not None)

    @property
    def is_of_contents(self) -> bool:
        """Whether it asks about what only those may know who read prompts, answers and battles."""
        return bool(self.tags or self.pools or self.voters)

    def without(self, name: str, value: str) -> "Filters":
        """All but this value."""
        field = NAMES[name]
        held = getattr(self, field)
        left: Any = "" if isinstance(held, str) else None
        if isinstance(held, tuple):
            left = tuple(one for one in held if one != value)
        without = replace(self, **{field: left})
        without = without if without.over else replace(without, by="", missing="")
        return without if without.category else replace(without, borrow="")


def check_filters(value: str) -> None:
    """Whether it is written as it would be here. Raises WrongFilter."""
    if Filters.of_board("", "", value).rest != value:
        raise WrongFilter("", _("“%(value)s” is not how these filters are written.") % {"value": value})


def check_characters(name: str, written: Iterable[str]) -> None:
    """Raises WrongFilter for what no database stores and no page may hold."""
    if any("\0" in value for value in written):
        raise WrongFilter(name, _("Filters must not contain NUL characters."))


def _check_amount(name: str, written: list[str]) -> None:
    if len(written) > MOST_VALUES:
        message = _("“%(name)s” has %(n)s values: at most %(most)s can be combined.")
        raise WrongFilter(name, message % {"name": name, "n": len(written), "most": MOST_VALUES})
    check_characters(name, map(unquote, written) if name == "over" else written)
    if any(len(value) > 200 and name != "over" for value in written):
        raise WrongFilter(name, _("A value of “%(name)s” is longer than any that is known here.") % {"name": name})


def _each_once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _topmost(values: Iterable[str]) -> tuple[str, ...]:
    """Without those that lie below another."""
    paths = _each_once(value for value in values if value)
    return tuple(path for path in paths if not any(path.startswith(f"{other}/") for other in paths))


def _number(name: str, written: list[str]) -> int | None:
    if not written:
        return None
    if len(written) > 1 or not (written[0].isascii() and written[0].isdecimal()) or int(written[0]) > MOST_CHARACTERS:
        raise WrongFilter(name, _("“%(value)s” is no length: write a number of characters.") % {"value": " ".join(written)})
    return int(written[0])


def _turns(written: list[str]) -> str:
    value = {"one": "1"}.get(" ".join(written), " ".join(written))
    if value in ("", SEVERAL):
        return value
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= MOST_TURNS):
        raise WrongFilter("turns", _("“%(value)s” is no number of turns: write a number, or “several”.") % {"value": value})
    return str(int(value))


def _weighed(read: Mapping[str, list[str]]) -> dict[str, str]:
    """What says how categories count; without weights there is nothing to say."""
    try:
        over = written_weights(read["over"])
    except WrongWeights as wrong:
        raise WrongFilter("over", str(wrong)) from None
    by, missing = _among("by", read["by"], tuple(WAYS)), _among("missing", read["missing"], (PARTLY,))
    return {"over": over, "by": "" if by == MEAN_RATING else by, "missing": missing} if over else {}


def _among(name: str, written: list[str], allowed: Sequence[str]) -> str:
    value = " ".join(written)
    if value and value not in allowed:
        message = _("“%(name)s” is one of %(allowed)s, and not “%(value)s”.")
        raise WrongFilter(name, message % {"name": name, "allowed": ", ".join(allowed), "value": value})
    return value


def _day(name: str, written: list[str]) -> date | None:
    if not written:
        return None
    try:
        (value,) = written
        if len(value) != len("2026-01-31"):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        message = _("“%(value)s” is no day: write it like 2026-01-31.") % {"value": " ".join(written)}
        raise WrongFilter(name, message) from None
