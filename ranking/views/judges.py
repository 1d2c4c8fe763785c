"""What each judge is worth: stored audits as pages and CSV. Nothing is computed here."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from arena import access
from arena.csv_cells import to_csv
from arena.models import Arena, Run
from arena.views.context import arena_or_404, page_context
from judges.models import Game
from ranking.judge_pages import answering, boards_of, ends_of, models_of, refused_of, sections_of
from ranking.models import JudgeAudit

CSV_COLUMNS = ("section", "name", "value", "low", "high", "n", "unit", "formula", "method", "se", "p", "note", "battles")


@require_safe
def judges(request: HttpRequest, slug: str) -> HttpResponse:
    arena = _arena(request, slug)
    audits = JudgeAudit.objects.listed().filter(arena=arena).order_by("-is_usable", "judge__name", "-judge__version")
    cards = [{"audit": audit, **_headline(audit)} for audit in audits[:200]]
    is_judged = bool(cards) or Game.objects.over().filter(run__in=arena.runs.filter(kind=Run.Kind.JUDGE)).exists()
    return render(request, "ranking/judges.html", page_context(request, "judges", arena, cards=cards, is_judged=is_judged))


@require_safe
def judge(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    arena = _arena(request, slug)
    audit = get_object_or_404(JudgeAudit.objects.made(), arena=arena, judge__pk=pk)
    context = {
        "audit": audit,
        "judge": audit.judge,
        "sections": sections_of(audit),
        "ends": ends_of(audit),
        "boards": boards_of(audit),
        "answering": answering(audit),
        "models": models_of(audit.answered.get("replies", [])),
        "refused": refused_of(audit),
        "shown_card": access.sees_content(request.user, arena),
        **_headline(audit),
    }
    return render(request, "ranking/judge.html", page_context(request, "judges", arena, **context))


@require_safe
def figures(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The same figures as CSV."""
    audit = get_object_or_404(JudgeAudit.objects.made(), arena=_arena(request, slug), judge__pk=pk)
    rows = [
        figure | {"section": section.title, "battles": "; ".join(f"{each.words}: {each.n}" for each in battles)}
        for section in sections_of(audit)
        for figure, battles in section.figures
    ]
    response = HttpResponse(to_csv(CSV_COLUMNS, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="judge-{audit.judge_id}.csv"'
    return response


def _arena(request: HttpRequest, slug: str) -> Arena:
    arena = arena_or_404(request, slug)
    if not access.sees_board(request.user, arena):
        raise Http404("the board is not public, so its judges are not")
    return arena


def _headline(audit: JudgeAudit) -> dict[str, Any]:
    """The four numbers by which a judge is known; None where the data give none."""
    known = {figure["name"]: figure for figures in audit.figures.values() for figure in figures}
    return {
        "agreement": known.get("agreement with people"),
        "consistency": known.get("position consistency"),
        "gamma": known.get("slot intercept gamma"),
        "with_verdict": audit.coverage.get("overall"),
    }
