"""Stored audits of judges as pages and CSV. Nothing is computed here."""

import math
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from arena import access
from arena.models import Arena, Event, Run
from arena.texts.csv_cells import figure as figure_of
from arena.texts.csv_cells import to_csv
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.views.private_pages import private
from arena.visitors import voter_identity
from judges.audits.among_judges import MOST_OPEN, agreement_table
from judges.audits.figures.inputs import ONE_ORDER, SELECTED
from judges.audits.pictures import (
    brief,
    calibration_points,
    cost_of_hundred,
    four_figures,
    leaning_rows,
    not_measured,
    orders_bar,
    right_rows,
    said_bars,
)
from judges.audits.plain_words import agreement_in, summary_of
from judges.audits.presentation import (
    answering,
    badge_of,
    boards_of,
    by_key,
    consistency_of,
    ends_of,
    folded,
    headline_of,
    models_of,
    reasons_of,
    refused_of,
    sections_in_language,
    sections_of,
)
from judges.games.access import games_in_play
from judges.judge_choices import choice_of, choices_in
from judges.models import Game, JudgeAudit, JudgeChoice
from judges.runs.earlier_checklists import BY_CHECKLIST, on_mixed_lists
from judges.translated_sayings import translated
from judges.verdicts.marked_verdicts import MARKED, treatment

MOST_LISTED = 200
CSV_COLUMNS = (
    "section",
    "name",
    "value",
    "low",
    "high",
    "n",
    "unit",
    "formula",
    "method",
    "se",
    "p",
    "note",
    "battles",
    "key",
    "of",
)


@require_safe
@of_the_board
def judges(request: HttpRequest, arena: Arena) -> HttpResponse:
    audits = JudgeAudit.objects.listed().filter(arena=arena).order_by(Lower("judge__name"), "-judge__version")
    is_retired = "retired" in request.GET
    n_retired, audits = (
        audits.exclude(judge__archived_at=None).count(),
        audits.filter(judge__archived_at__isnull=not is_retired),
    )
    chosen, head = choices_in(arena.pk), _head(arena)
    listed = list(audits[:MOST_LISTED])
    boards = import_string(settings.BOARDS_OF_JUDGES)(arena) if listed else {}
    cards = [_card(audit, chosen.get(audit.judge_id), head, boards.get(audit.judge_id, [])) for audit in listed]
    is_judged = bool(cards) or Game.objects.over().filter(run__in=arena.runs.filter(kind=Run.Kind.JUDGE)).exists()
    shown: dict[str, Any] = {
        "cards": cards, "is_judged": is_judged, "is_retired": is_retired, "n_retired": n_retired, "most_open": MOST_OPEN,
        "agreeing": agreement_table(listed),
    }  # fmt: skip
    return private(render(request, "judges/judges.html", page_context(request, "judges", arena, **shown)))


@require_safe
@of_the_board
def judge(request: HttpRequest, arena: Arena, pk: int) -> HttpResponse:
    audit = JudgeAudit.objects.made().filter(arena=arena, judge__pk=pk).first()
    if audit is None and Game.objects.over().filter(judge=pk, battle__arena=arena).exists():
        return redirect("judges", arena.slug)  # it has just played, and its figures are being made: that page shows it
    if audit is None:
        raise Http404(_("no audit of this judge"))
    sections, unmeasured = folded(sections_in_language(audit))
    choice = choice_of(pk, arena.pk)
    context = {
        "audit": audit,
        "judge": audit.judge,
        "choice": choice,
        "summary": summary_of(audit, says=choice.says if choice else ""),
        "four": four_figures(audit),
        "right": right_rows(audit),
        "leaning": leaning_rows(audit),
        "orders": orders_bar(audit),
        "said": said_bars(audit),
        "points": calibration_points(audit),
        "ticks": range(0, 101, 20),
        "needs": not_measured(audit),
        "is_behind": audit.read_to < _head(arena),
        "reasons": reasons_of(audit),
        "badge": badge_of(audit),
        "sections": sections,
        "unmeasured": unmeasured,
        "ends": ends_of(audit),
        "boards": boards_of(audit),
        "answering": answering(audit),
        "models": models_of(audit.answered.get("replies", [])),
        "refused": refused_of(audit),
        "mixed": list(map(translated, on_mixed_lists([audit.judge], _battles_of(audit)))),
        "marked": audit.coverage.get("marked"),
        "by_rule": treatment(audit.judge.kind),
        "shown_card": access.sees_content(request.user, arena),
        "n_hidden": _n_hidden(request, arena, pk),
    }
    return private(render(request, "judges/judge.html", page_context(request, "judges", arena, **context)))


@require_POST
@of_the_board
def count_marked(request: HttpRequest, arena: Arena, pk: int) -> HttpResponse:
    """What the figures do with verdicts on marked answers, by a curator's choice; they are made anew by a task."""
    if not access.is_curator(request.user):
        raise PermissionDenied(_("only curators choose what a judge's figures count"))
    audit = get_object_or_404(JudgeAudit.objects.made(), arena=arena, judge__pk=pk)
    chosen = request.POST.get("marked", "")
    if chosen not in ("", *MARKED):
        wrong = _("marked: allowed are %(allowed)s, or nothing for the rule") % {"allowed": ", ".join(MARKED)}
        return HttpResponseBadRequest(wrong)
    from judges.audits.refresh import make_anew  # scipy: a second that no page needs

    make_anew(audit, marked=chosen)
    messages.success(request, _("Its figures are being made anew: refresh the page in a moment."))
    return redirect("judge", arena.slug, audit.judge_id)


@require_safe
@of_the_board
def figures(request: HttpRequest, arena: Arena, pk: int) -> HttpResponse:
    """The same figures as CSV."""
    audit = get_object_or_404(JudgeAudit.objects.made(), arena=arena, judge__pk=pk)
    rows = [
        _plain(figure) | {"section": section.title, "battles": "; ".join(f"{each.words}: {each.n}" for each in battles)}
        for section in sections_of(audit)
        for figure, battles in section.figures
    ]
    response = HttpResponse(to_csv(CSV_COLUMNS, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="judge-{audit.judge_id}.csv"'
    return private(response)


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: figure_of(value) if isinstance(value, float) else value for name, value in fields.items()}


def _battles_of(audit: JudgeAudit) -> QuerySet[Game, int]:
    """The checklists of a judge that uses them; nothing is read for others."""
    is_by_list = audit.judge.protocol in BY_CHECKLIST
    games = Game.objects.filter(judge=audit.judge_id, battle__arena=audit.arena_id) if is_by_list else Game.objects.none()
    return games.order_by("battle").values_list("battle", flat=True).distinct()


def _n_hidden(request: HttpRequest, arena: Arena, judge: int) -> int:
    """The number of this judge's games that are left out of its file for now."""
    voters = {arena: voter_identity.voter_of(request, arena, create=False)}
    return games_in_play(request.user, voters, judge=judge).count()


def _head(arena: Arena) -> float:
    """The last position of the arena's ledger; infinite while events wait for a position."""
    events = Event.objects.filter(arena=arena)
    if events.filter(position=None).exists():
        return math.inf
    return events.order_by("-position").values_list("position", flat=True).first() or 0


def _card(audit: JudgeAudit, choice: JudgeChoice | None, head: float, boards: Sequence[Any]) -> dict[str, Any]:
    """One line in the list of judges."""
    has_few = any(note["code"] == "few_battles" for note in audit.reason_notes)
    known = by_key(audit)
    agreement = agreement_in(known) or headline_of(audit)
    selected = known.get(SELECTED)
    return {
        "audit": audit,
        "choice": choice,
        "reasons": reasons_of(audit),
        "has_few": has_few,
        "is_behind": audit.read_to < head,
        "boards": boards,
        "agreement": None if agreement is None else brief(agreement),
        "key": "" if agreement is None else agreement["key"],
        "is_one_order": selected is not None and any(note["code"] == ONE_ORDER for note in selected["notes"]),
        "others": [
            brief(each) for each in (consistency_of(known), known.get("first_slot_rate"), audit.coverage.get("overall"))
        ],
        "per_hundred": cost_of_hundred(audit),
    }
