"""Fairness: how often each model was shown, on which side, what was set aside, and who voted."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from arena.models import Arena, Voter, Voting
from arena.texts.languages import language_shown
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.views.private_pages import private
from ranking.boards.asked.board_choice import board_with_evidence, boards_of
from ranking.boards.fairness.shown import Showings, ShownModel, showings_of
from ranking.boards.fairness.voters import FEWEST_TOLD, VotedLanguage, VoterCounts, languages_of, voters_of
from ranking.views.board_parts.set_aside import reasons_of
from ranking.views.competitor_parts.opponents import wilson_percent
from ranking.views.counted_words import counted_on, words_for
from ranking.views.reports.sortable import SortColumn, SortedTable, sorted_table

SLOW_SECONDS, KEPT_TIMES_AS_LONG = 0.2, 60
WHO_MAY_VOTE: dict[str, Promise] = {
    Voting.ANYONE: gettext_lazy("Everybody may vote, also without an account."),
    Voting.ACCOUNTS: gettext_lazy("Whoever has an account here may vote."),
    Voting.CLOSED: gettext_lazy("Voting is closed: nobody may vote now."),
}


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A model, or the models of an organisation. Shares in per cent, None where nothing is known; `even`: by an even draw."""

    name: str
    model: ShownModel | None
    n_models: int
    n: int
    share: float | None
    even: float
    left: float | None
    n_sided: int
    n_set_aside: int

    @property
    def times_even(self) -> float | None:
        return None if self.share is None else self.share / self.even


@dataclass(frozen=True, slots=True)
class TurnedOut:
    """All that is counted for the page."""

    showings: Showings
    voters: VoterCounts
    languages: list[VotedLanguage]


@require_safe
@of_the_board
def fairness(request: HttpRequest, arena: Arena) -> HttpResponse:
    board = board_with_evidence(boards_of(arena))
    snapshot = board.newest_snapshot() if board else None
    counted = _counted(arena)
    showings, voters = counted.showings, counted.voters
    lines = [_line(showings, each.competitor.name, [each], each) for each in showings.models]
    context = {
        "board": board,
        "snapshot": snapshot,
        "evidence": words_for(counted_on(snapshot)) if snapshot else {},
        "n_places": showings.n_places,
        "extremes": _extremes(lines),
        "sides": _sides(showings),
        "models": _model_table(request, lines),
        "organisations": _organisation_table(request, showings),
        "gone": _gone_table(request, showings),
        "voters": voters,
        "who": WHO_MAY_VOTE[arena.voting],
        "kinds": [(Voter.Kind(each.kind).label, each.n) for each in voters.kinds],
        "languages": _language_table(request, counted.languages),
        "fewest_told": FEWEST_TOLD,
        "reasons": reasons_of(snapshot) if snapshot else [],
    }
    return private(render(request, "ranking/reports/fairness.html", page_context(request, "leaderboard", arena, **context)))


def _counted(arena: Arena) -> TurnedOut:
    """Counted anew; where that takes long because there are very many votes, it is kept for a while."""
    key = f"fairness-{arena.pk}"
    kept: TurnedOut | None = cache.get(key)
    if kept is not None:
        return kept
    started = time.monotonic()
    from arena.evidence.vote_tally import evidence_now  # scipy: a second that other pages need not wait for

    evidence = evidence_now(arena.pk)
    counted = TurnedOut(
        showings_of(arena, evidence.shown), voters_of(arena, evidence.turnout), languages_of(arena, evidence.turnout)
    )
    if (seconds := time.monotonic() - started) > SLOW_SECONDS:
        cache.set(key, counted, KEPT_TIMES_AS_LONG * seconds)
    return counted


def _line(showings: Showings, name: str, models: Sequence[ShownModel], model: ShownModel | None = None) -> ShownLine:
    n, n_left, n_right = (sum(getattr(each, field) for each in models) for field in ("n", "n_left", "n_right"))
    return ShownLine(
        name=name, model=model, n_models=len(models), n=n, even=100 * len(models) / len(showings.models),
        share=100 * n / showings.n_places if showings.n_places else None,
        left=100 * n_left / (n_left + n_right) if n_left + n_right else None, n_sided=n_left + n_right,
        n_set_aside=sum(each.n_set_aside for each in models),
    )  # fmt: skip


def _extremes(lines: Sequence[ShownLine]) -> tuple[ShownLine, ShownLine] | None:
    """Of the models in use, the one shown most and the one shown least; None where there is nothing to tell apart."""
    in_use = sorted((line for line in lines if line.model and line.model.is_in_use), key=lambda line: (-line.n, line.name))
    return (in_use[0], in_use[-1]) if len(in_use) > 1 and in_use[0].n else None


def _sides(showings: Showings) -> dict[str, float] | None:
    """How often the left answer was chosen, in per cent, with Wilson's interval."""
    if not showings.sides.n:
        return None
    low, share, high = wilson_percent(showings.sides.n_left, showings.sides.n)
    return {"low": low, "share": share, "high": high, "n": showings.sides.n}


# --- tables ------------------------------------------------------------------------------------------------------------


def _shown_columns(first: SortColumn) -> list[SortColumn]:
    return [
        first,
        SortColumn("shown", _("Shown"), lambda line: (line.n, line.name.casefold())),
        SortColumn("share", _("Share"), lambda line: (line.share or 0.0, line.name.casefold())),
        SortColumn("even", _("Even draw"), lambda line: (line.times_even or 0.0, line.name.casefold())),
        SortColumn("left", _("On the left"), lambda line: (line.left or 0.0, line.name.casefold())),
        SortColumn("aside", _("Set aside"), lambda line: (line.n_set_aside, line.name.casefold())),
    ]


def _model_table(request: HttpRequest, lines: Sequence[ShownLine]) -> SortedTable:
    first = SortColumn("name", _("Model"), lambda line: line.name.casefold(), is_number=False)
    return sorted_table(request, "models", _shown_columns(first), lines, default="-shown")


def _organisation_table(request: HttpRequest, showings: Showings) -> SortedTable | None:
    """None where no two organisations are known."""
    of: dict[str, list[ShownModel]] = defaultdict(list)
    for model in showings.models:
        of[model.competitor.organisation].append(model)
    if len(of) < 2:
        return None
    lines = [_line(showings, name or _("not known"), models) for name, models in of.items()]
    name, *others = _shown_columns(SortColumn("name", _("Organisation"), lambda line: line.name.casefold(), is_number=False))
    n_models = SortColumn("models", _("Models"), lambda line: (line.n_models, line.name.casefold()))
    return sorted_table(request, "organisations", [name, n_models, *others], lines, default="-shown")


def _gone_table(request: HttpRequest, showings: Showings) -> SortedTable:
    columns = [
        SortColumn("name", _("Model"), lambda model: model.competitor.name.casefold(), is_number=False),
        SortColumn("state", _("State"), lambda model: _state(model), is_number=False),
        SortColumn("since", _("Since"), lambda model: str(model.competitor.archived_at or ""), is_number=False),
        SortColumn("why", _("Why"), lambda model: model.competitor.archived_because.casefold(), is_number=False),
    ]
    return sorted_table(request, "gone", columns, [model for model in showings.models if not model.is_in_use], default="name")


def _state(model: ShownModel) -> str:
    return _("archived") if model.competitor.is_archived else str(model.competitor.get_status_display())


def _language_table(request: HttpRequest, languages: Sequence[VotedLanguage]) -> SortedTable:
    total = sum(each.n_votes for each in languages)
    rows = [
        {
            "name": language_shown(each.language) if each.language else _("not known"), "of": each,
            "share": 100 * each.n_votes / total, "is_told": each.n_voters >= FEWEST_TOLD,
        }
        for each in languages
    ]  # fmt: skip
    columns = [
        SortColumn("name", _("Language"), lambda row: row["name"].casefold(), is_number=False),
        SortColumn("votes", _("Votes"), lambda row: (row["of"].n_votes, row["name"])),
        SortColumn("share", _("Share"), lambda row: (row["share"], row["name"])),
        SortColumn("prompts", _("Prompts"), lambda row: (row["of"].n_prompts, row["name"])),
        SortColumn("voters", _("Voters"), lambda row: (max(row["of"].n_voters, FEWEST_TOLD - 1), row["name"])),
    ]
    return sorted_table(request, "languages", columns, rows, default="-votes")
