"""Import of a whole arena from one file: upload, progress, result. For superusers."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from arena.bundles.manifest import BundleRefused
from arena.bundles.uploads import register
from arena.importing.files import receiving
from arena.importing.files.uploads import MOST_BYTES, LimitedUpload
from arena.models import ArchiveUpload
from arena.tasks import load_bundle
from arena.views.context import page_context
from arena.views.private_pages import private
from arena.wording import sentence

MOST_LISTED = 20


class BundleForm(forms.Form):
    file = forms.FileField(
        label=pgettext_lazy("noun", "Archive"),
        help_text=gettext_lazy("A zip from the page Exports or from manage.py export --all."),
    )
    slug = forms.SlugField(
        label=gettext_lazy("Name in addresses"), required=False, max_length=50,
        help_text=gettext_lazy("The arena's name in addresses on this site. Leave empty to keep the one in the file."),
    )  # fmt: skip


def _only_superusers(request: HttpRequest) -> User:
    if not isinstance(request.user, User) or not request.user.is_superuser:
        raise PermissionDenied(_("only superusers can import whole arenas: ask whoever runs this site"))
    return request.user


@csrf_exempt  # who may upload, and how much, is settled before the token is read: `_bundles` is protected
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def bundles(request: HttpRequest) -> HttpResponse:
    _only_superusers(request)
    upload = LimitedUpload(request)
    request.upload_handlers = [upload]
    return _bundles(request, upload)


@csrf_protect
def _bundles(request: HttpRequest, upload: LimitedUpload) -> HttpResponse:
    if request.method != "POST":
        return _page(request, BundleForm())
    form = BundleForm(request.POST, request.FILES)
    if upload.is_too_large:
        refusal = _("The file has more than %(most)d MB: import it with %(command)s.")
        form.add_error(None, refusal % {"most": MOST_BYTES // 2**20, "command": "manage.py import_archive"})
    if not form.is_valid():
        return _page(request, form, status=422)
    file = form.cleaned_data["file"]
    kept = receiving.keep(file.name or "archive.zip", file.chunks())
    try:
        source = register(kept, form.cleaned_data["slug"], by=_only_superusers(request))
    except BundleRefused as reason:
        receiving.forget(kept.path.name)
        form.add_error(None, sentence(reason))
        return _page(request, form, status=422)
    load_bundle.delay(source.pk)
    return redirect("archive-upload", source.pk)


def _page(request: HttpRequest, form: BundleForm, *, status: int = 200) -> HttpResponse:
    rows = ArchiveUpload.objects.select_related("arena", "created_by")[:MOST_LISTED]
    context = page_context(request, "imports", form=form, rows=rows)
    return private(render(request, "arena/bundles.html", context, status=status))


@login_required
@require_http_methods(["GET", "HEAD"])
def bundle_upload(request: HttpRequest, pk: int) -> HttpResponse:
    _only_superusers(request)
    source = get_object_or_404(ArchiveUpload.objects.select_related("arena"), pk=pk)
    is_moving = source.state in {ArchiveUpload.State.WAITING, ArchiveUpload.State.CHECKING}
    context: dict[str, Any] = page_context(
        request, "imports", source=source, is_moving=is_moving, error=sentence(source.error) if source.error else ""
    )
    part = "#progress" if request.headers.get("HX-Request") else ""
    return private(render(request, f"arena/bundle_upload.html{part}", context))
