"""Files taken in through the browser: upload, dry run, confirm, progress, set aside and restore. For curators."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from arena.evidence import curation
from arena.importing.checks.whole_file import check
from arena.importing.files import receiving
from arena.importing.files.notes import figures
from arena.importing.files.problems import ImportProblems
from arena.importing.files.receiving import KeptFile
from arena.importing.files.reports import ImportReport
from arena.importing.files.uploads import MOST_BYTES, LimitedUpload
from arena.importing.formats import columns_of, kind_and_format, reading_format
from arena.importing.loading import loader
from arena.importing.samples import SAMPLES
from arena.models import Import
from arena.prerequisites import MissingStep, next_step
from arena.tasks import load_import
from arena.views.context import page_context
from arena.views.import_forms import SetAsideForm, UploadForm
from arena.views.private_pages import etag_of, only_curators, private
from arena.wording import number

SIGNED_AS = "a file that was checked"
SECONDS_TO_CONFIRM = 12 * 3600
MOST_LISTED = 50

State = Import.State


@login_required
@require_http_methods(["GET", "HEAD"])
def import_sample(request: HttpRequest, kind: str) -> HttpResponse:
    """A tiny file that can be imported as it is, of each kind; together they make an arena."""
    only_curators(request, "imports")
    if kind not in SAMPLES:
        raise Http404(f"no sample of {kind!r}")
    response = HttpResponse(SAMPLES[kind], content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return private(response)


@csrf_exempt  # who may upload, and how much, is settled before the token is read: `_imports` is protected
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def imports(request: HttpRequest) -> HttpResponse:
    only_curators(request, "imports")
    upload = LimitedUpload(request)
    request.upload_handlers = [upload]
    return _imports(request, upload)


@csrf_protect
def _imports(request: HttpRequest, upload: LimitedUpload) -> HttpResponse:
    if request.method != "POST":
        return _page(request, UploadForm(initial=_initial(request)))
    if "confirm" in request.POST:
        return _confirm(request)
    form = UploadForm(request.POST, request.FILES)
    if upload.is_too_large:
        told = _("The file has more than %(most)d MB: import it with %(command)s.")
        form.add_error(None, told % {"most": MOST_BYTES // 2**20, "command": "manage.py import_battles"})
    return _check(request, form) if form.is_valid() else _page(request, form, status=422)


def _initial(request: HttpRequest) -> dict[str, str]:
    """A link may say what is to be brought, and for which arena."""
    kind = request.GET.get("what", "")
    return {"arena": request.GET.get("arena", ""), "what": f"{kind}:" if kind in Import.Kind.values else ""}


def _check(request: HttpRequest, form: UploadForm) -> HttpResponse:
    """The dry run: reads all, writes nothing but the file itself, which waits for its confirmation."""
    upload: UploadedFile[bytes] = form.cleaned_data["file"]
    file = receiving.keep(upload.name or "file", upload.chunks())
    try:
        with receiving.forgotten_on_failure(file):
            is_told = bool(form.cleaned_data["kind"])
            what = form.with_kind(None if is_told else kind_and_format(file.path), "" if is_told else columns_of(file.path))
            if known := _known(what, file):
                receiving.forget(file.digest)
                messages.info(request, _("This file is here already: nothing was added."))
                return redirect("import", known.pk)
            report = _report(what, file)
    except ImportProblems as problems:
        return _page(request, form, problems=problems.of(file.filename), filename=file.filename, status=422)
    except forms.ValidationError as error:
        form.add_error(None, error)
        return _page(request, form, status=422)
    held, confirmation = Import.Kind(what["kind"]).label, _confirmation(request, what, file, report)
    return _page(request, form, report=report, held=held, filename=file.filename, confirmation=confirmation)


def _known(what: dict[str, Any], file: KeptFile) -> Import | None:
    read_by = reading_format(what["kind"], what["format"], file.path).format
    return receiving.known_import(
        what["arena"], kind=what["kind"], format_name=read_by, digest=file.digest, is_chosen=bool(what["format"])
    )


def _report(what: dict[str, Any], file: KeptFile) -> ImportReport:
    return check(
        file.path, kind=what["kind"], format_name=what["format"], filename=file.filename, arena=what["arena"],
        options=_options(what),
    )  # fmt: skip


def _options(what: dict[str, Any]) -> dict[str, Any]:
    """What pass 2 needs to know besides the file."""
    if what["kind"] == Import.Kind.PROMPTS:
        return {"pool": what["pool"] or "main"}
    is_told = what["kind"] == Import.Kind.RESPONSES and what["competitor"]
    return {"competitor": what["competitor"]} if is_told else {}


def _confirmation(request: HttpRequest, what: dict[str, Any], file: KeptFile, report: ImportReport) -> str:
    """All that was checked, signed: until it comes back nothing is stored."""
    said = {
        "kind": what["kind"],
        "format": report.format,
        "slug": what["slug"],
        "name": what["new_arena"],
        "options": _options(what),
    }
    kept = {"filename": file.filename, "digest": file.digest, "n_bytes": file.n_bytes}
    found = {"n_rows": report.n_rows, **report.as_json()}
    return signing.dumps({**said, **kept, **found, "user": request.user.pk}, salt=SIGNED_AS, compress=True)


def _confirm(request: HttpRequest) -> HttpResponse:
    try:
        said = signing.loads(request.POST["confirm"], salt=SIGNED_AS, max_age=SECONDS_TO_CONFIRM)
    except signing.BadSignature:
        said = None
    path = receiving.upload_folder() / said["digest"] if said and said["user"] == request.user.pk else None
    if path is None or not path.is_file():
        messages.error(request, _("The checked file is no longer here: please upload it again."))
        return redirect("imports")
    report = ImportReport(said["n_rows"], said["counts"], said["notes"])
    if report.n_to_allow and "allow_competitors" not in request.POST:
        told = _("%(n)s new competitors need a yes of their own: upload the file again and tick it.")
        messages.error(request, told % {"n": number(report.n_to_allow)})
        return redirect("imports")
    source = receiving.register(
        KeptFile(said["filename"], path, said["digest"], said["n_bytes"]),
        receiving.arena_for(said["slug"], said["name"])[0],
        kind=said["kind"],
        format_name=said["format"],
        report=report,
        options=said["options"],
        created_by=_curator(request),
    )
    load_import.delay(source.pk)
    return redirect("import", source.pk)


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
        elif act == "restore" and curation.restore_import(source, _curator(request)):
            messages.success(request, _("Restored: its votes count again, and the boards follow within seconds."))
        elif act == "retry":
            loader.retry(source.pk)
            load_import.delay(source.pk)
    except curation.NotPublished as reason:
        messages.error(request, str(reason))


def _set_aside(request: HttpRequest, source: Import) -> None:
    form = SetAsideForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why it is set aside, in at most 200 characters: readers of the board are told."))
    elif curation.set_aside_import(source, form.cleaned_data["reason"], _curator(request)):
        messages.success(request, _("Set aside: its votes count no longer, and the boards follow within seconds."))


def _page(request: HttpRequest, form: UploadForm, *, status: int = 200, **more: Any) -> HttpResponse:
    rows = Import.objects.select_related("arena", "created_by")[:MOST_LISTED]
    context = page_context(request, "imports", form=form, rows=rows, n_most=MOST_LISTED, samples=SAMPLES, **more)
    return private(render(request, "arena/imports.html", context, status=status))


def _figures(source: Import) -> dict[str, Any]:
    is_moving = source.state in {State.WAITING, State.LOADING}
    return {
        "figures": figures(source.report.get("counts", {})),
        "notes": source.report.get("notes", []),
        "is_moving": is_moving,
        "n_known": source.n_rows - source.n_added if source.state in {State.PUBLISHED, State.SET_ASIDE} else 0,
        "brings_votes": source.kind == Import.Kind.BATTLES,
        "reason": _reason(source) if source.state == State.SET_ASIDE else "",
    }


def _reason(source: Import) -> str:
    newest = source.events.order_by("-pk").values_list("reason", flat=True).first()
    return newest or ""


def _curator(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
