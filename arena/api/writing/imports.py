"""Files over REST: sent, checked as on the page, loaded by a worker; the import is polled, set aside and restored."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.callers.authentication import BearerAuthentication
from arena.api.callers.scopes import CuratorsOnly, WithinScope
from arena.api.filters import by_arena
from arena.api.paging import NewestFirst
from arena.api.read_views import ReadView, arenas_asked_for
from arena.api.schema import WRITING_RESPONSES
from arena.api.writing.arenas import AlreadyHere
from arena.api.writing.base import KEY_PARAMETER, Writes, WrongRows, arena_to_write, checked_object, described
from arena.api.writing.file_bodies import FileBody, must_be_sent_once, only_file
from arena.api.writing.idempotency import Answer
from arena.api.writing.json_bodies import TooLarge
from arena.api.writing.row_schemas import object_schema
from arena.archiving.imported_rows import MOVED
from arena.evidence import curation
from arena.importing import intake
from arena.importing.checks.newcomers import TooManyCompetitors
from arena.importing.files import receiving
from arena.importing.files.json_objects import KeysOnce
from arena.importing.files.looks import look_at
from arena.importing.files.problems import ImportProblems, RowFault
from arena.importing.files.receiving import KeptFile
from arena.importing.formats import formats_of
from arena.importing.formats.column_map import ColumnMap, ColumnMapError, fields_of
from arena.importing.intake import CheckedFile, FileRequest, UnknownKind
from arena.importing.kinds import FileOption, kinds_of_rooms
from arena.importing.loading import loader
from arena.importing.sent_fields import FieldKind, SentField, SentFields
from arena.importing.voters_that_judge import JUDGES, PEOPLE
from arena.models import Arena, Import, TokenScope
from arena.tasks import load_import
from arena.wording import sentence

MOST_ALLOWED = 100_000
ALL_FIELDS = {kind.value: fields_of(kind) for kind in Import.Kind}
ROOM_OPTIONS = {name: option for _kind, room in kinds_of_rooms() for name, option in room.options.items()}
REASON_FIELDS: SentFields = {"reason": SentField(FieldKind.TEXT, "Readers of the boards see it.", is_needed=True, most=200)}


def _sent(option: FileOption) -> SentField:
    words = tuple(word for word, _label in option.choices if word)
    return SentField(FieldKind.CHOICE if words else FieldKind.TEXT, str(option.help_text), choices=words, most=option.most)


FILE_FIELDS: SentFields = {
    "kind": SentField(FieldKind.CHOICE, "Recognised by its columns where it is left out.", choices=tuple(Import.Kind.values)),
    "format": SentField(FieldKind.TEXT, "With a kind: the layout, which is recognised where it is left out.", most=30),
    "mapping": SentField(
        FieldKind.NAMES,
        'With a kind: fields with the columns that hold them, a JSON object such as `{"prompt": "question", "answer_a": "a"}`. '
        + " ".join(f"Fields of {kind}: {', '.join(f'`{name}`' for name in names)}." for kind, names in ALL_FIELDS.items())
        + " `answer:NAME` is the column with the answers of the model NAME.",
        most=200,
    ),
    "values": SentField(
        FieldKind.NAMES,
        "With a mapping: what the cells of the column winner or label mean, a JSON object such as "
        '`{"1": "a", "2": "b", "0": "tie"}`; rows whose value means `leave_out` stay away, and the notes count them.',
        most=100,
    ),
    "encoding": SentField(FieldKind.TEXT, "The encoding of a text that is not UTF-8, such as windows-1251.", most=40),
    "strict": SentField(FieldKind.TRUTH, "Refuse a file in which something looks wrong."),
    "ignore_ids": SentField(FieldKind.TRUTH, "Prompts are told by their texts, and battles by what they say."),
    "leave_out_bad_rows": SentField(
        FieldKind.TRUTH, "Rows in which something is wrong stay away; the notes say which. Without it the file is refused."
    ),
    "replace": SentField(FieldKind.TRUTH, "The file corrects answers that are stored with another text."),
    "voters": SentField(
        FieldKind.CHOICE, "Of battles: who the file's voters are; required where a name looks like a model's.",
        choices=(PEOPLE, JUDGES),
    ),
    "pool": SentField(FieldKind.TEXT, "Of prompts: the set they belong to; main where it is left out.", most=50),
    "competitor": SentField(FieldKind.TEXT, "Of answers: their competitor, where the file names no model.", most=200),
    **{name: _sent(option) for name, option in ROOM_OPTIONS.items()},
    "allow_competitors": SentField(
        FieldKind.NUMBER, "How many new competitors are allowed, where there are very many.", most=MOST_ALLOWED
    ),
}  # fmt: skip

EXAMPLE_PARTS = {
    "file": "@battles.csv",
    "kind": Import.Kind.BATTLES.value,
    "mapping": '{"prompt": "question", "answer_a": "a", "answer_b": "b", "winner": "better"}',
    "values": '{"1": "a", "2": "b", "0": "tie"}',
}


LEFT_OUT = {
    "type": "object",
    "properties": {"line": {"type": "integer"}, **{name: {"type": "string"} for name in ("what", "value", "allowed")}},
}


class CannotTake(APIException):
    status_code = 422


class ImportSerializer(serializers.ModelSerializer[Import]):
    """One file: how far it is, and what came of it."""

    arena = serializers.SlugRelatedField[Arena](slug_field="slug", read_only=True)
    counts = serializers.SerializerMethodField(help_text="What the file holds: a thing, and how many.")
    notes = serializers.SerializerMethodField(help_text="How it was read.")
    moved = serializers.SerializerMethodField(
        help_text="What setting a file of prompts or answers aside, or restoring it, did last: rows, and how many."
    )
    left_out = serializers.SerializerMethodField(help_text="Rows that did not come in, where that was asked for; and why.")

    class Meta:
        model = Import
        fields = [
            "id", "arena", "kind", "format", "filename", "state", "n_rows", "n_done", "n_added", "counts", "notes",
            "left_out", "moved",
            "error",
            "created_at", "published_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "array", "items": LEFT_OUT})
    def get_left_out(self, source: Import) -> list[dict[str, Any]]:
        return [RowFault(*fault)._asdict() for fault in source.report.get("left_out", [])]

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_counts(self, source: Import) -> dict[str, int]:
        return dict(source.report.get("counts", {}))

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_moved(self, source: Import) -> dict[str, int]:
        return dict(source.report.get(MOVED, {}))

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_notes(self, source: Import) -> list[str]:
        return [str(note) for note in source.report.get("notes", [])]


class ImportFilters(FilterSet):  # type: ignore[misc]
    arena = by_arena()
    kind = ChoiceFilter(choices=Import.Kind.choices)
    state = ChoiceFilter(choices=Import.State.choices)

    class Meta:
        model = Import
        fields: list[str] = []


class Imports(ReadView[Import]):
    queryset = Import.objects.none()
    permission_classes = [WithinScope, CuratorsOnly]
    serializer_class = ImportSerializer

    def get_queryset(self) -> QuerySet[Import]:
        arenas = arenas_asked_for(self.request, access.arenas_for(self.request.user))
        return Import.objects.filter(arena__in=arenas).select_related("arena")


class ImportList(Imports, ListAPIView[Import]):
    """Files that were imported, newest first, for curators."""

    filterset_class = ImportFilters
    pagination_class = NewestFirst


class ImportDetail(Imports, RetrieveAPIView[Import]):
    """One file, how far it is and what came of it, for curators. Poll it with If-None-Match."""


class FileImports(Writes, ReadView[Import]):
    """Programs alone: what a browser sends is read before it is known who it is, and has a page of its own."""

    http_method_names = ["post"]
    authentication_classes = [BearerAuthentication]
    permission_classes = [WithinScope, CuratorsOnly]
    parser_classes = [FileBody]
    queryset = Import.objects.none()
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.EVIDENCE.value}

    @extend_schema(
        request={
            "multipart/form-data": {
                **object_schema(FILE_FIELDS),
                "required": ["file"],
                "x-parts": EXAMPLE_PARTS,
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "CSV, JSON or Parquet, also packed."},
                    **object_schema(FILE_FIELDS)["properties"],
                },
            }
        },
        responses={(202, "application/json"): ImportSerializer} | WRITING_RESPONSES,
        parameters=[KEY_PARAMETER],
        description=(
            "Send a file. It is checked whole before anything is written: 422 lists problems by line. A worker loads "
            "it then: poll the address in Location. A file that is here already adds nothing. Scope `evidence:write`."
        ),
    )
    def post(self, request: Request, slug: str) -> Response:
        arena = arena_to_write(request, slug)
        sent: Any = request.data
        must_be_sent_once(sent)
        fields = checked_object(_typed({name: sent[name] for name in sent if name not in request.FILES}), FILE_FIELDS)
        wish, upload = _wish(arena, fields), only_file(request.FILES, "file")
        file = _kept(upload.name or "file", upload.chunks(), fields.get("encoding", ""))
        setattr(request, "digest_of_body", sha256(f"{file.digest} {json.dumps(fields, sort_keys=True)}".encode()).hexdigest())  # noqa: B010
        user: Any = request.user
        try:
            checked = _checked(file, wish)
            return self.done(request, lambda: _started(checked, user, fields.get("allow_competitors", 0)))
        finally:
            receiving.forget(file.path.name)


def _typed(fields: Mapping[str, str]) -> dict[str, Any]:
    """The texts of a form as what they stand for; what stands for nothing is left for its check to refuse."""
    made: dict[str, Any] = {name: value for name, value in fields.items() if value != ""}
    for name, each in FILE_FIELDS.items():
        if name in made and each.kind not in {FieldKind.TEXT, FieldKind.CHOICE}:
            try:
                made[name] = json.loads(made[name], cls=KeysOnce)
            except (ValueError, RecursionError):
                continue
    return made


def _wish(arena: Arena, fields: dict[str, Any]) -> FileRequest:
    kind: str = fields.get("kind", "")
    errors: dict[str, list[str]] = {}
    for name in ("format", "mapping"):
        if name in fields and not kind:
            errors[name] = ["Say the kind, too."]
    if "values" in fields and "mapping" not in fields:
        errors["values"] = ["Say the mapping, too."]
    if kind and "format" in fields and fields["format"] not in formats_of(kind):
        errors["format"] = [f"There is no such format of {kind}: use one of {', '.join(formats_of(kind))}."]
    if errors:
        raise ValidationError(errors)
    columns = None
    if "mapping" in fields:
        try:
            columns = ColumnMap(fields["mapping"], fields.get("values", {})).checked(kind)
        except ColumnMapError as reason:
            raise ValidationError({"mapping": [sentence(reason)]}) from None
    return FileRequest(
        arena.slug, kind=kind, format=fields.get("format", ""), pool=fields.get("pool", ""), columns=columns,
        competitor=fields.get("competitor", ""), is_strict=fields.get("strict", False),
        is_replacing=fields.get("replace", False), voters=fields.get("voters", ""),
        ignores_ids=fields.get("ignore_ids", False), leaves_out=fields.get("leave_out_bad_rows", False),
        more={name: fields[name] for name in ROOM_OPTIONS if name in fields},
    )  # fmt: skip


def _kept(filename: str, blocks: Any, encoding: str) -> KeptFile:
    try:
        "a".encode(encoding or "utf-8")  # not all that has a name is an encoding of texts
        return receiving.keep(filename, receiving.in_utf8(blocks, encoding) if encoding else blocks)
    except LookupError:
        raise ValidationError({"encoding": ["There is no such encoding: write windows-1251, gbk or shift_jis, say."]}) from None
    except UnicodeError as error:
        raise CannotTake(f"The file is not {encoding}{receiving.where_broken(error)}.") from None


def _checked(file: KeptFile, wish: FileRequest) -> CheckedFile:
    looks = look_at(file.path)
    if looks.is_too_large:
        raise TooLarge(sentence(looks.cure))
    try:
        return intake.check_file(file, wish)
    except UnknownKind as reason:
        names = f"Its columns ({reason.columns}) do not tell" if reason.columns else "It has no columns that tell"
        raise CannotTake(
            f"{names} what the file holds: say its kind ({', '.join(Import.Kind.values)}), and with mapping which columns hold "
            "what, if it has none of the known layouts."
        ) from None
    except ImportProblems as problems:
        wrong = WrongRows(problems.of(file.filename), "Line")
        if isinstance(problems, intake.NotRecognised):
            wrong.detail = ErrorDetail(f"{wrong.detail} Or say in the field mapping which column holds what.")
        raise wrong from None


def _started(checked: CheckedFile, user: Any, n_allowed: int) -> Answer:
    source = checked.known
    if source is None:
        try:
            source = intake.start(checked, by=user, n_allowed=n_allowed)
        except TooManyCompetitors as reason:
            message = sentence(reason)
            raise CannotTake(f"{message} If they are meant, send their number as allow_competitors.") from None
    else:
        receiving.adopt(checked.file, source)
        if source.state == Import.State.FAILED:
            loader.retry(source.pk)
            source.refresh_from_db()
    if source.state in {Import.State.WAITING, Import.State.LOADING}:
        number = source.pk
        transaction.on_commit(lambda: load_import.delay(number))
    where = reverse("api-import", args=[source.pk])
    return Answer(dict(ImportSerializer(source).data), status=202, location=where)


def _user(request: Request) -> Any:
    """The calling curator: nobody else gets this far."""
    return request.user


class ImportAct(Writes, Imports):
    """A whole file out of what counts, or back into it."""

    http_method_names = ["post"]
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.EVIDENCE.value}

    def acted(self, request: Request, pk: int, act: Any) -> Response:
        source = get_object_or_404(self.get_queryset(), pk=pk)

        def work() -> Answer:
            try:
                act(source)
            except curation.NotPublished as reason:
                raise AlreadyHere(sentence(reason)) from None
            source.refresh_from_db()
            return Answer(dict(ImportSerializer(source).data), status=200)

        return self.done(request, work)


class ImportSetAside(ImportAct):
    @described(
        object_schema(REASON_FIELDS),
        ImportSerializer,
        status=200,
        description=(
            "Set a file aside: its votes, verdicts and labels count no longer, and the boards follow; its prompts and answers "
            "are archived, but for those that another file has, too. Scope `evidence:write`."
        ),
    )
    def post(self, request: Request, pk: int) -> Response:
        reason, user = checked_object(request.data, REASON_FIELDS)["reason"], _user(request)
        if not reason.strip():
            raise ValidationError({"reason": ["Give a reason: readers of the board see it."]})
        return self.acted(request, pk, lambda source: curation.set_aside_import(source, reason.strip(), user))


RESTORES = "Have what a file brought count again, and its prompts and answers be in use. Scope `evidence:write`."


class ImportRestore(ImportAct):
    @described(None, ImportSerializer, status=200, description=RESTORES)
    def post(self, request: Request, pk: int) -> Response:
        checked_object(request.data, {})
        user = _user(request)
        return self.acted(request, pk, lambda source: curation.restore_import(source, user))
