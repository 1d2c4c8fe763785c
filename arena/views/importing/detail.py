"""The page of one import: progress, contents, setting aside and restoring."""

import csv
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from arena.access import curator_of
from arena.evidence import curation
from arena.importing.files.notes import figures
from arena.importing.kinds import is_of_room
from arena.importing.loading import loader
from arena.importing.samples import all_samples
from arena.importing.undone import ARCHIVES, after_moving, before_setting_aside, cannot_be_undone
from arena.models import Import
from arena.prerequisites import MissingStep, next_step
from arena.tasks import load_import
from arena.texts.csv_cells import cell
from arena.views.context import page_context
from arena.views.importing.forms import SetAsideForm
from arena.views.private_pages import etag_of, only_curators, private

State = Import.State


RESTORED: dict[str, Any] = {
    Import.Kind.PROMPTS: gettext_lazy("Restored: its prompts are in use again."),
    Import.Kind.RESPONSES: gettext_lazy("Restored: its answers are in use again."),
    Import.Kind.BATTLES: gettext_lazy("Restored: its votes count again, and the boards follow within seconds."),
    Import.Kind.JUDGEMENTS: gettext_lazy("Restored: its verdicts count again, and the boards follow within seconds."),
    Import.Kind.LABELS: gettext_lazy("Restored: its labels count again, and the figures of judges follow."),
}
WAS_SET_ASIDE: dict[str, Any] = {
    Import.Kind.PROMPTS: gettext_lazy("Set aside: its prompts are archived. Nothing that was said of them changes."),
    Import.Kind.RESPONSES: gettext_lazy("Set aside: its answers are archived. Nothing that was said of them changes."),
    Import.Kind.BATTLES: gettext_lazy("Set aside: its votes no longer count, and the boards follow within seconds."),
    Import.Kind.JUDGEMENTS: gettext_lazy("Set aside: its verdicts no longer count, and the boards follow within seconds."),
    Import.Kind.LABELS: gettext_lazy("Set aside: its labels no longer count, and the figures of judges follow."),
}
COUNTS_NOWHERE: dict[str, Any] = {
    Import.Kind.PROMPTS: gettext_lazy("its prompts are archived, and nobody is asked about them."),
    Import.Kind.RESPONSES: gettext_lazy("its answers are archived, and nobody is asked about them."),
    Import.Kind.BATTLES: gettext_lazy("its votes count nowhere."),
    Import.Kind.JUDGEMENTS: gettext_lazy("its verdicts count nowhere."),
    Import.Kind.LABELS: gettext_lazy("its labels count in no figure."),
}


@login_required
@require_http_methods(["GET", "HEAD"])
def import_sample(request: HttpRequest, kind: str) -> HttpResponse:
    """A tiny file of each kind that can be imported as it is; together they make an arena."""
    only_curators(request, "imports")
    samples = all_samples()
    if kind not in samples:
        raise Http404(f"no sample of {kind!r}")
    response = HttpResponse(samples[kind], content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return private(response)


@login_required
@require_http_methods(["GET", "HEAD"])
def rows_left_out(request: HttpRequest, pk: int) -> HttpResponse:
    """The file's rows that were left out, with the reasons."""
    only_curators(request, "imports")
    source = get_object_or_404(Import, pk=pk)
    rows = source.report.get("rows_left_out", {})
    table = [[*fault, rows.get(str(fault[0]), "")] for fault in source.report.get("left_out", [])]
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="left-out-of-import-{source.pk}.csv"'
    writer = csv.writer(response)
    writer.writerow(["line", "field", "value", "allowed", "row"])
    writer.writerows([[cell(value) for value in row] for row in table])
    return private(response)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    only_curators(request, "imports")
    source = get_object_or_404(Import.objects.select_related("arena", "created_by"), pk=pk)
    if request.method == "POST":
        _act(request, source)
        return redirect("import", pk)
    context = page_context(
        request,
        "imports",
        source.arena,
        source=source,
        next_step=_next_step(source),
        etag=etag_of(str(source.pk), source.state, str(source.n_done), source.error),
        **_figures(source),
    )
    if not request.headers.get("HX-Request"):
        return private(render(request, "arena/import.html", context))
    unchanged = get_conditional_response(request, etag=context["etag"])
    if unchanged is not None:
        return private(unchanged)
    response = render(request, "arena/import.html#progress", context)
    response["ETag"] = context["etag"]
    return private(response)


def _next_step(source: Import) -> MissingStep | None:
    return next_step(source.arena) if source.state == State.PUBLISHED else None


def _act(request: HttpRequest, source: Import) -> None:
    act = request.POST.get("act", "")
    try:
        if act == "set_aside":
            _set_aside(request, source)
        elif act == "restore" and curation.restore_import(source, curator_of(request)):
            messages.success(request, RESTORED[source.kind])
        elif act == "retry":
            loader.retry(source.pk)
            load_import.delay(source.pk)
    except curation.NotPublished as reason:
        messages.error(request, str(reason))


def _set_aside(request: HttpRequest, source: Import) -> None:
    form = SetAsideForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a reason of at most 200 characters: readers of the board see it."))
    elif curation.set_aside_import(source, form.cleaned_data["reason"], curator_of(request)):
        messages.success(request, WAS_SET_ASIDE[source.kind])


def _figures(source: Import) -> dict[str, Any]:
    is_moving = source.state in {State.WAITING, State.LOADING}
    reason_against = cannot_be_undone(source) if source.state == State.PUBLISHED else ""
    return {
        "figures": figures(source.report.get("counts", {})),
        "notes": source.report.get("notes", []),
        "n_left_out": len(source.report.get("left_out", [])),
        "is_moving": is_moving,
        "n_known": source.n_rows - source.n_added if source.state in {State.PUBLISHED, State.SET_ASIDE} else 0,
        "brings_votes": source.kind == Import.Kind.BATTLES,
        "can_be_undone": not reason_against,
        "cannot_be_undone": reason_against,
        "archives": source.kind in ARCHIVES,
        "counts_while_loading": is_of_room(source.kind),
        "counts_nowhere": COUNTS_NOWHERE.get(source.kind, ""),
        "about_undoing": _about_undoing(source, reason_against),
        "reason": _reason(source) if source.state == State.SET_ASIDE else "",
    }


def _about_undoing(source: Import, reason_against: str) -> list[str]:
    """What setting it aside would do, or has done."""
    if source.state == State.SET_ASIDE:
        return after_moving(source) if source.kind in ARCHIVES else []
    return before_setting_aside(source) if source.state == State.PUBLISHED and not reason_against else []


def _reason(source: Import) -> str:
    newest = source.events.order_by("-pk").values_list("reason", flat=True).first()
    return newest or ""
