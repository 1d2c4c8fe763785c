"""The filter form of a board's page: what can be chosen, what is chosen, and an address for each change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena import access
from arena.models import Arena, Response, Voter
from arena.texts.languages import language_shown
from judges.models import Judge
from ranking.boards.asked.asked_definition import SHARES, is_narrowed
from ranking.boards.asked.board_choice import Choice, same_method
from ranking.boards.asked.filter_options import Options, options_of
from ranking.boards.asked.filters_in_words import GROUPS, turns_in_words, value_in_words
from ranking.filters import SEVERAL, Filters
from ranking.models import COVARIATES, SHORT_RULES, Leaderboard, Snapshot
from ranking.views.filtering.weights_form import WeightsForm, weights_form

COVARIATES_IN_WORDS = {
    "length": gettext_lazy("length"), "headers": gettext_lazy("headers"), "lists": gettext_lazy("lists"),
    "bold": gettext_lazy("bold"), "code": gettext_lazy("code"),
}  # fmt: skip
PAGE_ONLY = ("q", "sort", "dir", "archived", "baseline")
MOST_JUDGES = 40


@dataclass(frozen=True, slots=True)
class FilterOption:
    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Pick:
    """Several of these can be ticked."""

    name: str
    label: str
    options: list[FilterOption]


@dataclass(frozen=True, slots=True)
class Chip:
    text: str
    address: str  # of the page without it


@dataclass(frozen=True, slots=True)
class FilterForm:
    """`picks` are shown at once, `more` behind a fold; what offers no choice is left out."""

    filters: Filters
    picks: list[Pick] = field(default_factory=list)
    more: list[Pick] = field(default_factory=list)
    turns: list[FilterOption] = field(default_factory=list)
    combiners: list[FilterOption] = field(default_factory=list)
    has_days: bool = False
    has_lengths: bool = False
    can_level_style: bool = False
    is_styled: bool = False
    chips: list[Chip] = field(default_factory=list)
    without_all: str = ""
    pool_names: dict[str, str] = field(default_factory=dict)
    weighed: list[tuple[str, str]] = field(default_factory=list)  # what says how categories count
    can_borrow: bool = False
    weights: WeightsForm | None = None
    query: str = ""  # of this board, without what the page alone shows

    @property
    def has_more(self) -> bool:
        return bool(self.more or self.turns or self.combiners or self.has_days or self.has_lengths)


def filter_form(
    arena: Arena,
    choice: Choice,
    boards: Sequence[Leaderboard],
    shown: Snapshot | None,
    visitor: User | AnonymousUser,
    query: QueryDict,
) -> FilterForm:
    like = choice.like
    if like is None:
        return FilterForm(choice.filters)
    options, filters = options_of(arena), choice.filters
    sees_content = access.sees_content(visitor, arena)
    links = _FilterLinks(choice, boards, query)
    return FilterForm(
        filters=filters,
        picks=[
            *_of_prompts(options, filters),
            *_judges(like, choice.jury, shown or _newest_of_judges(like)),
            *_covariates(like, choice),
        ],
        combiners=_combiners(like, choice),
        more=[*_of_contents(options, filters), *_voters(arena, like, filters)] if sees_content else [],
        turns=_turns(options, filters),
        has_days=not like.is_by_prediction and (_has_snapshot(like) or bool(filters.since or filters.until)),
        has_lengths=options.turns.total() >= 2 * options.least
        or filters.min_chars is not None
        or filters.max_chars is not None,
        can_level_style=_levels_style(arena, like, boards),
        is_styled=choice.is_styled or like.method == Leaderboard.Method.STYLE,
        chips=links.chips(options),
        pool_names=options.pool_names,
        weighed=[pair for pair in filters.pairs if pair[0] in ("over", "by", "missing")],
        can_borrow=_can_borrow(options, like, filters),
        weights=weights_form(options, like, filters, links.board),
        without_all=links.to(Filters(), "", is_styled=False, combined=False),
        query=links.to(filters, choice.jury, is_styled=choice.is_styled),
    )


def _of_prompts(options: Options, filters: Filters) -> Iterable[Pick]:
    categories = [] if filters.over else options.offered(options.categories, filters.categories)
    languages = options.offered(options.languages, filters.languages)
    if categories:
        yield Pick("category", _("Category"), [FilterOption(each, each, each in filters.categories) for each in categories])
    if languages:
        named = sorted((language_shown(code), code) for code in languages)
        yield Pick("language", _("Language"), [FilterOption(code, name, code in filters.languages) for name, code in named])


def _of_contents(options: Options, filters: Filters) -> Iterable[Pick]:
    tags, pools = options.offered(options.tags, filters.tags), options.offered(options.pools, filters.pools)
    if tags:
        yield Pick("tag", _("Tag"), [FilterOption(tag, tag, tag in filters.tags) for tag in tags])
    if pools:
        names = options.pool_names
        yield Pick("pool", _("Pool"), [FilterOption(slug, names.get(slug, slug), slug in filters.pools) for slug in pools])


def _voters(arena: Arena, like: Leaderboard, filters: Filters) -> Iterable[Pick]:
    if like.sources == Leaderboard.Sources.JUDGES or like.is_by_prediction:
        return
    kinds = set(Voter.objects.filter(arena=arena).order_by().values_list("kind", flat=True).distinct())
    if len(kinds) > 1 or filters.voters:
        offered = [kind for kind in GROUPS if kind in kinds or kind in filters.voters]
        yield Pick("voters", _("Voters"), [FilterOption(kind, str(GROUPS[kind]), kind in filters.voters) for kind in offered])


def _judges(like: Leaderboard, jury: str, shown: Snapshot | None) -> Iterable[Pick]:
    if like.sources == Leaderboard.Sources.PEOPLE or shown is None:
        return
    chosen = set(map(int, jury.split()))
    seen = {juror["judge"] for juror in shown.parameters.get("judges", [])} | chosen | set(like.jurors)
    judges = Judge.objects.filter(pk__in=seen).order_by("name", "-version")[:MOST_JUDGES]
    if len(judges) > 1:
        options = [FilterOption(str(judge.pk), str(judge), judge.pk in chosen) for judge in judges]
        yield Pick("judge", _("Judges"), options)


def _has_snapshot(like: Leaderboard) -> bool:
    return getattr(like, "newest", None) is not None  # of `boards_of`


def _newest_of_judges(like: Leaderboard) -> Snapshot | None:
    """Where the board of the page is not there yet: judges are those of the board like it."""
    return None if like.sources == Leaderboard.Sources.PEOPLE else like.newest_snapshot()


def _covariates(like: Leaderboard, choice: Choice) -> Iterable[Pick]:
    """What is levelled, where style is."""
    if choice.is_styled:
        levelled = str((choice.definition or {}).get("covariates", choice.covariates)).split()
        options = [FilterOption(name, str(COVARIATES_IN_WORDS[name]), name in levelled) for name in COVARIATES]
        yield Pick("covariates", _("Levelled"), options)


def _combiners(like: Leaderboard, choice: Choice) -> list[FilterOption]:
    """What verdicts can become; that of the board itself is no choice."""
    if like.sources == Leaderboard.Sources.PEOPLE or like.is_by_prediction:
        return []
    chosen, own = choice.combiner or like.combiner, like.combiner
    return [
        FilterOption("" if rule.value == own else rule.value, _rule_in_words(rule), rule.value == chosen)
        for rule in Leaderboard.Combiner
        if like.method != Leaderboard.Method.ELO or rule not in SHARES
    ]


def _rule_in_words(rule: Leaderboard.Combiner) -> str:
    return str(SHORT_RULES.get(rule) or _("every game by itself"))


def _can_borrow(options: Options, like: Leaderboard, filters: Filters) -> bool:
    """Where one category is chosen and there are others to lean on."""
    others = any(each != filters.category and not filters.category.startswith(f"{each}/") for each in options.categories)
    return bool(filters.category) and like.method == Leaderboard.Method.BRADLEY_TERRY and others


def _turns(options: Options, filters: Filters) -> list[FilterOption]:
    if not (options.offers_turns or filters.turns):
        return []
    values = dict.fromkeys(["1", SEVERAL, *([filters.turns] if filters.turns else [])])
    return [
        FilterOption("", _("Any number"), not filters.turns),
        *(FilterOption(each, turns_in_words(each), each == filters.turns) for each in values),
    ]


def _levels_style(arena: Arena, like: Leaderboard, boards: Sequence[Leaderboard]) -> bool:
    """Where answers are known: an arena with votes on such has a board that levels style, and judges read nothing else."""
    if like.sources == Leaderboard.Sources.PEOPLE:
        return any(board.method == Leaderboard.Method.STYLE and not is_narrowed(board) for board in boards)
    return Response.objects.filter(prompt__arena=arena, archived_at=None).exists()


class _FilterLinks:
    """Queries of pages with other filters and all else as it is."""

    def __init__(self, choice: Choice, boards: Sequence[Leaderboard], query: QueryDict) -> None:
        self.choice = choice
        named = [board for board in boards if not is_narrowed(board)]
        like = same_method(named, choice.like) or choice.like
        self.board = [] if like is None or like.is_default else [("board", like.slug)]
        self.page = [(name, query[name]) for name in PAGE_ONLY if query.get(name)]
        if "filtered" in query and "retired" not in query:
            self.page.append(("filtered", "1"))

    def to(self, filters: Filters, jury: str, *, is_styled: bool, combined: bool = True) -> str:
        pairs = [*self.board, *filters.pairs, *(("judge", judge) for judge in jury.split())]
        pairs += [("combiner", combiner)] if (combiner := self.choice.combiner if combined else "") else []
        levelled = self.choice.covariates.split() if is_styled else []
        style = [("style", "on"), *(("covariates", name) for name in levelled)] if is_styled else []
        return urlencode([*pairs, *style, *self.page])

    def chips(self, options: Options) -> list[Chip]:
        choice, filters = self.choice, self.choice.filters
        chips = [
            Chip(
                value_in_words(filters, name, value, pools=options.pool_names),
                self.to(filters.without(name, value), choice.jury, is_styled=choice.is_styled),
            )
            for name, value in filters.pairs
        ]
        jury = choice.jury.split()
        names = {str(judge.pk): str(judge) for judge in Judge.objects.filter(pk__in=map(int, jury))}
        for judge in jury:
            others = " ".join(other for other in jury if other != judge)
            chips.append(Chip(names[judge], self.to(filters, others, is_styled=choice.is_styled)))
        if choice.combiner:
            rule = _rule_in_words(Leaderboard.Combiner(choice.combiner))
            chips.append(Chip(rule, self.to(filters, choice.jury, is_styled=choice.is_styled, combined=False)))
        if choice.is_styled:
            chips.append(Chip(_("style levelled"), self.to(filters, choice.jury, is_styled=False)))
        return chips
