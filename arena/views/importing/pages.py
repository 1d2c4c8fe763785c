"""The import page: upload, check, columns, confirm. Nothing is written until the result of the check is confirmed."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from arena.access import curator_of
from arena.archiving.refusals import ArchivedThing
from arena.importing import intake
from arena.importing.checks.newcomers import TooManyCompetitors
from arena.importing.files import receiving
from arena.importing.files.problems import ImportProblems
from arena.importing.files.receiving import KeptFile
from arena.importing.files.uploads import MOST_BYTES, LimitedUpload
from arena.importing.formats.column_map import ColumnMap, ColumnMapError
from arena.importing.formats.recognition import start_of
from arena.importing.formats.votes_or_labels import VotesOrLabels
from arena.importing.intake import CheckedFile
from arena.importing.previews import preview
from arena.importing.samples import all_samples
from arena.importing.voters_that_judge import VotersUnclear
from arena.models import Import
from arena.tasks import load_import
from arena.views.context import page_context
from arena.views.importing.columns import ColumnChoice, as_command, chosen, guessed_choice, posted, texts_lost
from arena.views.importing.forms import UploadForm
from arena.views.private_pages import only_curators, private
from arena.wording import number, sentence

SIGNED_AS, HELD_AS = "a file that was checked", "a file that waits"
SECONDS_TO_CONFIRM = 12 * 3600
MOST_LISTED = 50


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
    if "confirm" in request.POST and "columns" not in request.POST:
        return _confirm(request)
    form = UploadForm(request.POST, request.FILES, held=_held(request))
    if upload.is_too_large:
        text = _("The file has more than %(most)d MB: import it with %(command)s.")
        form.add_error(None, text % {"most": MOST_BYTES // 2**20, "command": "manage.py import_battles"})
    if form.held is None or not form.is_valid():
        return _page(request, form, status=422)
    if "columns" in request.POST:
        return _columns(request, form, _asked_choice(request, form.held))
    try:
        return _check(request, form, form.held)
    except FileNotFoundError:  # another tab was shown what is wrong with the same file
        form.held = None
        form.add_error("file", _("Choose a file."))
        return _page(request, form, status=422)


def _initial(request: HttpRequest) -> dict[str, str]:
    """A link may preset the kind of file and the arena."""
    kind = request.GET.get("what", "")
    return {"arena": request.GET.get("arena", ""), "what": f"{kind}:" if kind in Import.Kind.values else ""}


def _held(request: HttpRequest) -> KeptFile | None:
    """The uploaded file, else the one already waiting: nobody has to choose a file twice."""
    upload = request.FILES.get("file")
    if upload is not None:
        return receiving.keep(upload.name or "file", upload.chunks())
    content = _signed(request, request.POST.get("held", ""), HELD_AS)
    try:
        return intake.kept_file(content) if content else None
    except FileNotFoundError:
        return None


def _signed(request: HttpRequest, token: str, salt: str) -> dict[str, Any] | None:
    """What this user was given; None if it is forged, expired, or another user's."""
    try:
        content = signing.loads(token, salt=salt, max_age=SECONDS_TO_CONFIRM)
    except signing.BadSignature:
        return None
    return content if content["user"] == request.user.pk else None


def _token(request: HttpRequest, content: dict[str, Any], salt: str) -> str:
    return signing.dumps({**content, "user": request.user.pk}, salt=salt, compress=True)


def _asked_choice(request: HttpRequest, file: KeptFile) -> ColumnChoice:
    """For the requested kind; as the file was read, when coming back from the check."""
    kind = request.POST.get("columns", "")
    content = _signed(request, request.POST.get("confirm", ""), SIGNED_AS)
    if content and content["options"].get("map"):
        return chosen(file.path, content["kind"], ColumnMap.of(content["options"]))
    if kind not in Import.Kind.values:
        kind = content["kind"] if content else ""
    return guessed_choice(file.path, kind)


def _check(request: HttpRequest, form: UploadForm, file: KeptFile) -> HttpResponse:
    """The dry run: reads all, writes nothing but the file itself, which waits for its confirmation."""
    kind = request.POST.get("columns_of", "")
    choice = posted(file.path, kind, request.POST) if kind in Import.Kind.values else None
    try:
        columns = (kind, choice.map.checked(kind)) if choice else None
        if choice and (unclear := choice.unclear()):
            raise ColumnMapError(_("Say what each value of the winner means: %(values)s.") % {"values": ", ".join(unclear)})
        checked = intake.check_file(file, replace(form.request(columns), remembers=request.user.pk))
    except ColumnMapError as error:
        return _columns(request, form, choice, reason=str(error), status=422)
    except intake.UnknownKind as error:
        if not error.columns:
            receiving.forget(file.path.name)
            form.held = None
            form.add_error(None, _("Choose what the file holds. Its columns do not show it."))
            return _page(request, form, status=422)
        return _columns(request, form, guessed_choice(file.path, ""), reason=_unknown(error.columns), status=422)
    except ImportProblems as problems:
        return _problems(request, form, file, choice, problems)
    except ArchivedThing as reason:
        form.add_error(None, sentence(reason))
        return _page(request, form, status=422)
    if checked.known:
        receiving.adopt(file, checked.known)
        receiving.forget(file.path.name)
        messages.info(request, _known_in_words(checked.known))
        return redirect("import", checked.known.pk)
    return _checked(request, form, checked)


def _known_in_words(source: Import) -> str:
    if source.state == Import.State.SET_ASIDE:
        return _("This file was imported before and is set aside: nothing was added. Restore it here to make its votes count.")
    return _("This file was imported before: nothing was added.")


def _unknown(columns: str) -> str:
    text = _("The columns of this file (%(columns)s) match no known layout: choose what each one holds.")
    return text % {"columns": columns}


def _problems(
    request: HttpRequest, form: UploadForm, file: KeptFile, choice: ColumnChoice | None, problems: ImportProblems
) -> HttpResponse:
    """The problems of the file. If columns may have been mistaken for others, the file is kept and they can be named."""
    shown = {"problems": problems.of(file.filename), "filename": file.filename}
    kind, name = form.cleaned_data["kind"], form.cleaned_data["format"]
    columns = (choice.kind, choice.map) if choice else None
    asked = replace(form.request(columns), remembers=request.user.pk)
    n_out = intake.n_to_leave_out(file, asked) if problems.faults and not form.leaves_out else 0
    before, _filename = intake.as_before(asked, file)
    if choice is None and before.columns is not None:
        choice = chosen(file.path, before.kind, before.columns)
    if n_out:
        shown |= {"n_out": n_out, "sent": _sent(request, "voters")}
    if isinstance(problems, VotersUnclear):
        return _page(request, form, status=422, asks="voters", sent=_sent(request, "voters"), **shown)
    if isinstance(problems, VotesOrLabels):
        return _page(request, form, status=422, asks="kind", sent=_sent(request, "what"), **shown)
    is_unknown = isinstance(problems, intake.NotRecognised)
    if choice is None and (name or not start_of(file.path).names):
        if not n_out:
            receiving.forget(file.path.name)
            form.held = None
        return _page(request, form, status=422, **shown)
    if is_unknown and choice is None:
        return _columns(request, form, guessed_choice(file.path, kind), reason=_why(problems), status=422)
    offered = choice or guessed_choice(file.path, kind)
    if choice is None and (lost := texts_lost(offered)):
        if not n_out:
            receiving.forget(file.path.name)
            form.held = None
        form.add_error(None, _LOST % {"columns": ", ".join(lost)})
        return _page(request, form, status=422, **shown)
    return _columns(request, form, offered, status=422, **shown)


_LOST = gettext_lazy(
    "The file was recognised; naming its columns by hand would leave out the texts in %(columns)s. Correct the file instead: "
    "where one id stands for several texts, tick “Ignore the file's ids” (under More), and prompts are recognised by text."
)


def _sent(request: HttpRequest, but: str) -> list[tuple[str, str]]:
    """All fields of the form but the one that is asked for, to be sent again."""
    left = {"csrfmiddlewaretoken", "held", but}
    return [(name, value) for name, values in request.POST.lists() if name not in left for value in values]


def _why(problems: ImportProblems) -> str:
    return problems.first[0].sentence


def _checked(request: HttpRequest, form: UploadForm, checked: CheckedFile) -> HttpResponse:
    content = checked.as_json()
    rows = preview(checked.file.path, kind=checked.kind, format_name=checked.format, options=checked.options)
    return _page(
        request, form, preview=rows, report=checked.report, held_kind=Import.Kind(checked.kind).label,
        filename=checked.file.filename,
        checked=checked, confirmation=_token(request, content, SIGNED_AS), command=as_command(checked.file.filename, content),
    )  # fmt: skip


def _columns(request: HttpRequest, form: UploadForm, choice: ColumnChoice | None, **more: Any) -> HttpResponse:
    status = more.pop("status", 200)
    return _page(request, form, status=status, choice=choice, **more)


def _confirm(request: HttpRequest) -> HttpResponse:
    content = _signed(request, request.POST["confirm"], SIGNED_AS)
    try:
        checked = CheckedFile.of_json(content) if content else None
    except FileNotFoundError:
        checked = None
    if checked is None:
        return _gone(request, content)
    try:
        checked = _with_names(request, checked)
        if checked.known:
            return redirect("import", checked.known.pk)
        n_allowed = checked.report.n_to_allow if "allow_competitors" in request.POST else 0
        source = _started(checked, curator_of(request), n_allowed)
    except FileNotFoundError:
        return _gone(request, content)
    except TooManyCompetitors:
        text = _("%(n)s new models have to be confirmed: upload the file again and tick the box.")
        messages.error(request, text % {"n": number(checked.report.n_to_allow)})
        return redirect("imports")
    except ArchivedThing as reason:
        messages.error(request, sentence(reason))
        return redirect("imports")
    except ImportProblems as problems:
        messages.error(request, problems.first[0].sentence)
        return _checked(request, _form_of(checked), checked)
    load_import.delay(source.pk)
    return redirect("import", source.pk)


def _started(checked: CheckedFile, user: User | None, n_allowed: int) -> Import:
    """The import gets a copy of its own: the one that waits may be confirmed for another arena, too, or refused there."""
    own = receiving.own_copy(checked.file)
    try:
        source = intake.start(replace(checked, file=own), by=user, n_allowed=n_allowed)
    finally:
        receiving.forget(own.path.name)  # unless the import reads it now
    receiving.forget(checked.file.path.name)
    return source


def _gone(request: HttpRequest, content: dict[str, Any] | None) -> HttpResponse:
    """The waiting copy is gone: it was confirmed before, or removed by the sweep."""
    named = (
        {"arena__slug": content["slug"], **{name: content[name] for name in ("kind", "format", "digest")}} if content else None
    )
    if named and (source := Import.objects.filter(**named).first()):
        return redirect("import", source.pk)
    messages.error(request, _("The checked file is no longer here: please upload it again."))
    return redirect("imports")


def _with_names(request: HttpRequest, checked: CheckedFile) -> CheckedFile:
    """Check again if models were named for the two columns of answers."""
    first, second = (request.POST.get(name, "").strip() for name in ("model_a", "model_b"))
    return checked.with_models(first, second) if checked.report.unnamed and first and second else checked


def _form_of(checked: CheckedFile) -> UploadForm:
    form = UploadForm({"new_arena": checked.name}, held=checked.file)
    form.is_valid()
    return form


def _page(request: HttpRequest, form: UploadForm, *, status: int = 200, **more: Any) -> HttpResponse:
    rows = Import.objects.select_related("arena", "created_by").defer("report")[:MOST_LISTED]
    held = form.held
    kept = intake.kept_as_json(held) if held else None
    more |= {"held": held, "held_token": _token(request, kept, HELD_AS) if kept else ""}
    context = page_context(request, "imports", form=form, rows=rows, n_most=MOST_LISTED, samples=all_samples(), **more)
    return private(render(request, "arena/imports.html", context, status=status))
