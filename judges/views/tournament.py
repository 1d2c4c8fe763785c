"""The page of a tournament, while it runs and when it is over. For curators, as its run is."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from arena.models import Run
from arena.views.context import page_context
from arena.views.private_pages import only_curators, private
from judges.runs import tournaments
from judges.runs.tournament_record import TournamentRecord

MOST_BRACKETS = 10


@login_required
@require_safe
def tournament(request: HttpRequest, pk: int) -> HttpResponse:
    """Titles and wins by model, rounds, lots, and a bracket for each prompt."""
    only_curators(request, "runs")
    run = get_object_or_404(Run.objects.select_related("arena"), pk=pk)
    if not tournaments.is_one(run):
        raise Http404(_("this run is no tournament"))
    record = TournamentRecord.of(run)
    leaf = Paginator(sorted(record.entrants), MOST_BRACKETS).get_page(request.GET.get("page"))
    context = {
        "run": run, "record": record, "rows": record.rows(), "rounds": record.rounds(), "leaf": leaf,
        "brackets": record.brackets_of(list(leaf.object_list)),
        "percent_by_lot": 100 * record.n_by_lot / record.n_played if record.n_played else None,
    }  # fmt: skip
    return private(render(request, "judges/tournament.html", page_context(request, "runs", run.arena, **context)))
