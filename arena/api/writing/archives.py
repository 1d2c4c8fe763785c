"""Whole arenas over REST: an archive is sent, checked and brought in by a worker; whoever sent it polls. For superusers."""

from hashlib import sha256
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.callers.authentication import BearerAuthentication
from arena.api.callers.scopes import CuratorsOnly, WithinScope
from arena.api.filters import SLUG_SCHEMA
from arena.api.paging import NewestFirst
from arena.api.read_views import SLUG, ReadView
from arena.api.schema import WRITING_RESPONSES
from arena.api.writing.base import KEY_PARAMETER, Writes, checked_object
from arena.api.writing.file_bodies import FileBody, must_be_sent_once, only_file
from arena.api.writing.idempotency import Answer
from arena.api.writing.imports import CannotTake
from arena.bundles import uploads
from arena.bundles.manifest import BundleRefused
from arena.importing.files import receiving
from arena.importing.files.receiving import KeptFile
from arena.importing.sent_fields import FieldKind, SentField, SentFields
from arena.models import ArchiveUpload, TokenScope
from arena.tasks import load_bundle
from arena.wording import sentence

SLUG_HELP = "The arena's slug on this site; the one in the file where it is left out."
ARCHIVE_PARTS: SentFields = {"slug": SentField(FieldKind.TEXT, SLUG_HELP, most=50)}


class ArchiveBody(FileBody):
    cure = "import it with manage.py import_archive on the server."


class ArchiveSerializer(serializers.ModelSerializer[ArchiveUpload]):
    """One archive: how far it is, and what came of it."""

    arena = serializers.SlugRelatedField[Any](
        slug_field="slug", read_only=True, allow_null=True, help_text="Slug of the arena that it became; null until it is here."
    )
    slug = serializers.CharField(read_only=True, help_text="The slug that the arena is to have on this site.")
    n_rows = serializers.IntegerField(source="n_all", read_only=True, min_value=0, help_text="Lines of all its members.")
    n_done = serializers.IntegerField(read_only=True, min_value=0, help_text="Lines that are checked.")
    notes = serializers.SerializerMethodField(help_text="What came in, what was here already, and how its boards compare.")
    error = serializers.SerializerMethodField(help_text="Why it was refused; empty otherwise. Nothing came in then.")

    class Meta:
        model = ArchiveUpload
        fields = ["id", "filename", "slug", "state", "n_rows", "n_done", "arena", "notes", "error", "created_at"]
        read_only_fields = fields

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_notes(self, upload: ArchiveUpload) -> list[str]:
        return [str(each) for each in upload.notes]

    def get_error(self, upload: ArchiveUpload) -> str:
        return sentence(upload.error) if upload.error else ""


class Archives(ReadView[ArchiveUpload]):
    queryset = ArchiveUpload.objects.none()
    permission_classes = [WithinScope, CuratorsOnly]
    serializer_class = ArchiveSerializer

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if not request.user.is_superuser:
            raise PermissionDenied("Only superusers import whole arenas: ask whoever runs this site.")
        if request.method == "POST" and access.is_kept_within(request.user):
            raise PermissionDenied("This token is limited to some arenas: it cannot bring in new ones.")

    def get_queryset(self) -> QuerySet[ArchiveUpload]:
        """All of them; for a token that is limited to some arenas, those that became one of these."""
        uploads = ArchiveUpload.objects.select_related("arena")
        user = self.request.user
        return uploads.filter(arena__in=access.boards_for(user)) if access.is_kept_within(user) else uploads


class ArchiveDetail(Archives, RetrieveAPIView[ArchiveUpload]):
    """One archive of a whole arena, how far it is and what came of it, for superusers. Poll it with If-None-Match."""


class ArchiveList(Writes, Archives, ListAPIView[ArchiveUpload]):
    """Archives of whole arenas that were sent to this site, newest first, for superusers."""

    http_method_names = ["get", "head", "post"]
    permission_classes = [WithinScope, CuratorsOnly]
    parser_classes = [ArchiveBody]
    pagination_class = NewestFirst
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.ADMIN.value}

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Programs alone send: what a browser sends is read before it is known who it is, and has a page of its own."""
        return [BearerAuthentication()] if getattr(self.request, "method", "") == "POST" else super().get_authenticators()

    @extend_schema(
        request={
            "multipart/form-data": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "x-parts": {"file": "@my-arena.zip", "slug": "my-arena"},
                "properties": {
                    "file": {
                        "type": "string", "format": "binary",
                        "description": "A zip that `arenas/{slug}/archive/` or `manage.py export --all` gave.",
                    },
                    "slug": SLUG_SCHEMA | {"description": SLUG_HELP},
                },
            }
        },
        responses={(202, "application/json"): ArchiveSerializer} | WRITING_RESPONSES,
        parameters=[KEY_PARAMETER],
        description=(
            "Bring in a whole arena, as one file. Its manifest and its slug are looked at now, and 422 says what is wrong. A "
            "worker checks every line and brings in all of it or nothing: poll the address in Location. The new arena is for "
            "curators alone until its settings are changed. Scope `admin`, for superusers."
        ),
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        sent: Any = request.data
        must_be_sent_once(sent)
        fields = checked_object({name: sent[name] for name in sent if name not in request.FILES}, ARCHIVE_PARTS)
        slug = fields.get("slug", "")
        if slug and not SLUG.match(slug):
            raise ValidationError({"slug": ["A slug is needed: letters, digits, - and _, at most 50 of them."]})
        upload = only_file(request.FILES, "file")
        file = receiving.keep(upload.name or "archive.zip", upload.chunks())
        setattr(request, "digest_of_body", sha256(f"{file.digest} {slug}".encode()).hexdigest())  # noqa: B010
        user: Any = request.user
        try:
            return self.done(request, lambda: _registered(file, slug, user))
        finally:
            receiving.forget(file.path.name)


def _registered(file: KeptFile, slug: str, user: Any) -> Answer:
    try:
        source = uploads.register(file, slug, by=user)
    except BundleRefused as reason:
        raise CannotTake(sentence(reason)) from None
    transaction.on_commit(lambda: load_bundle.delay(source.pk))
    return Answer(dict(ArchiveSerializer(source).data), status=202, location=reverse("api-archive", args=[source.pk]))
