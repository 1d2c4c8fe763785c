"""Runs by POST: a draft says what one would come to, and is signed; sent back with a cap it is started."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from arena import access
from arena.api.callers.scopes import CuratorsOnly, WithinScope
from arena.api.filters import SLUG_SCHEMA
from arena.api.read_views import ReadView
from arena.api.run_serializers import RunProgressSerializer
from arena.api.writing.arenas import AlreadyHere
from arena.api.writing.base import Describes, Writes, arena_to_write, checked_object, described
from arena.api.writing.idempotency import Answer
from arena.api.writing.row_schemas import object_schema
from arena.importing.sent_fields import FieldKind, SentField, SentFields
from arena.models import Arena, Run, TokenScope
from arena.models.endpoints import DOLLAR
from arena.runs import budget, confirmations, control
from arena.runs.confirmations import SECONDS_TO_CONFIRM, NotConfirmed
from arena.runs.control import NotPossible
from arena.runs.planning import CannotPlan, Draft, PlanStale
from arena.tasks import work_on_run
from arena.wording import sentence

MOST_CAP = 1_000_000  # dollars
START_FIELDS: SentFields = {
    "draft": SentField(FieldKind.TEXT, "As it was given, within the hour.", is_needed=True, most=100_000),
    "cap": SentField(FieldKind.AMOUNT, "Dollars: the run pauses before it would cost more.", is_needed=True, most=MOST_CAP),
}
RESUME_FIELDS: SentFields = {
    "cap": SentField(
        FieldKind.AMOUNT, "Dollars, more than the cap so far; where it is left out, the cap stays as it is.", most=MOST_CAP
    ),
}
ARENA_FIELD = SentField(FieldKind.TEXT, "Slug of the arena.", is_needed=True, most=50)


class Unplannable(APIException):
    status_code = 422


@dataclass(frozen=True)
class Plannable[D: Draft[Any]]:
    """A kind of run that REST can start; both functions take what a draft was asked for, and raise CannotPlan."""

    drafted: Callable[[Arena, Mapping[str, Any]], D]
    to_start: Callable[[Arena, Mapping[str, Any]], AbstractContextManager[D]]
    start: Callable[[D, int, User], Run]  # raises PlanStale


def plannable(kind: str) -> Plannable[Any]:
    plans: Plannable[Any] = import_string(settings.RUN_DRAFTS[kind])
    return plans


class HeldUpSerializer(serializers.Serializer[Any]):
    """An endpoint that cannot be called."""

    endpoint = serializers.CharField(help_text="Its name.")
    reason = serializers.CharField(help_text="Why: a pause, its key or its address.")


class DraftSerializer(serializers.Serializer[Any]):
    """What a run would come to at the most. Nothing is sent, and nothing is kept."""

    arena = serializers.CharField(help_text="Slug of the arena.")
    kind = serializers.ChoiceField(choices=Run.Kind.choices)
    n_wanted = serializers.IntegerField(min_value=0, help_text="Answers or games that are not here yet.")
    n_here = serializers.IntegerField(min_value=0, help_text="Those that are here already.")
    n_under_way = serializers.IntegerField(min_value=0, help_text="Those that another run is to ask for.")
    n_calls = serializers.IntegerField(min_value=0, help_text="Requests to endpoints, at the most.")
    tokens_in = serializers.IntegerField(min_value=0, help_text="At the most.")
    tokens_out = serializers.IntegerField(min_value=0, help_text="At the most.")
    cost = serializers.FloatField(min_value=0, help_text="Dollars, at the most.")
    held_up = HeldUpSerializer(
        many=True, help_text="Endpoints that cannot be called as things are: the run would wait for them."
    )
    draft = serializers.CharField(help_text="To be sent back to start it.")
    seconds = serializers.IntegerField(help_text="For how many seconds it can be started.")


class RunDrafts(Writes, ReadView[Run]):
    """Estimates for one kind of run; nothing is read here."""

    http_method_names = ["post"]
    permission_classes = [WithinScope, CuratorsOnly]
    queryset = Run.objects.none()
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.RUNS.value}
    kind: ClassVar[str]
    fields: ClassVar[SentFields]

    def answered(self, request: Request) -> Response:
        body = checked_object(request.data, {"arena": ARENA_FIELD, **self.fields})
        arena = arena_to_write(request, body.pop("arena"))
        return self.done(request, lambda: self._estimated(request, arena, body))

    def _estimated(self, request: Request, arena: Arena, body: dict[str, Any]) -> Answer:
        try:
            draft = plannable(self.kind).drafted(arena, body)
        except CannotPlan as reason:
            raise Unplannable(sentence(reason)) from None
        user: Any = request.user
        most = draft.estimate
        answer = {
            "arena": arena.slug, "kind": self.kind, "n_wanted": draft.n_wanted, "n_here": draft.n_here,
            "n_under_way": draft.n_under_way, "n_calls": most.n_calls, "tokens_in": most.tokens_in,
            "tokens_out": most.tokens_out, "cost": most.cost / DOLLAR,
            "held_up": [{"endpoint": name, "reason": reason} for name, reason in draft.held_up],
            "draft": confirmations.signed(arena, user, self.kind, body, draft), "seconds": SECONDS_TO_CONFIRM,
        }  # fmt: skip
        return Answer(answer, status=200)


def drafts_view(run_kind: Run.Kind, columns: SentFields, description: str) -> type[RunDrafts]:
    """The view that drafts one kind of run from these fields, as `RUN_DRAFTS` says how."""
    schema = object_schema({"arena": ARENA_FIELD, **columns})
    schema["properties"]["arena"] = SLUG_SCHEMA | {"description": ARENA_FIELD.description}

    class Drafts(RunDrafts):
        kind = run_kind.value
        fields = columns

        @described(schema, DraftSerializer, status=200, description=description)
        def post(self, request: Request) -> Response:
            return self.answered(request)

    return Drafts


class RunStarts(Writes):
    """POST beside the list of runs."""

    permission_classes = [WithinScope, CuratorsOnly]
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.RUNS.value}

    @described(
        object_schema(START_FIELDS),
        RunProgressSerializer,
        description=(
            "Start a run from its draft, with a cap. The plan is drawn up once more, and nothing dearer than was told is "
            "started. Scope `runs:write`, for curators."
        ),
    )
    def post(self, request: Request) -> Response:
        body = checked_object(request.data, START_FIELDS)
        user: Any = request.user
        try:
            confirmed = confirmations.read(body["draft"], user)
        except NotConfirmed:
            raise Unplannable("This draft is somebody else's, damaged, or older than an hour: make a new one.") from None
        arena = get_object_or_404(access.arenas_for(user), pk=confirmed.arena)
        cap = round(body["cap"] * DOLLAR)
        return self.done(request, lambda: _started(arena, confirmed, cap, user))


def _started(arena: Arena, confirmed: confirmations.Confirmation, cap: int, user: User) -> Answer:
    kind = plannable(confirmed.kind)
    try:
        with kind.to_start(arena, confirmed.choices) as draft:
            if not confirmed.covers(draft):
                raise AlreadyHere("The estimate has risen since the draft was made: make a new one.")
            if not draft.is_something_left:
                raise AlreadyHere("Nothing is left to start: all of it is here, or under way.")
            run = kind.start(draft, cap, user)
    except CannotPlan as reason:
        raise Unplannable(sentence(reason)) from None
    except PlanStale as reason:
        raise AlreadyHere(sentence(reason)) from None
    if run.state == Run.State.RUNNING:
        transaction.on_commit(lambda: work_on_run.delay(run.pk))
    return Answer(run_as_read(run), location=reverse("api-run", args=[run.pk]))


def run_as_read(run: Run) -> dict[str, Any]:
    """As reading it gives it."""
    return dict(RunProgressSerializer(run).data)


class RunAct(Writes, ReadView[Run]):
    """An action on an existing run."""

    http_method_names = ["post"]
    permission_classes = [WithinScope, CuratorsOnly]
    queryset = Run.objects.none()
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.RUNS.value}

    def acted(self, request: Request, pk: int, act: Callable[[Run], None]) -> Response:
        run = get_object_or_404(Run.objects.filter(arena__in=access.arenas_for(request.user)), pk=pk)

        def work() -> Answer:
            try:
                act(run)
            except NotPossible as reason:
                raise AlreadyHere(sentence(reason)) from None
            run.refresh_from_db()
            transaction.on_commit(lambda: work_on_run.delay(run.pk))
            return Answer(run_as_read(run), status=200)

        return self.done(request, work)


def acts(description: str) -> Describes:
    """Of `post` of `RunAct`."""
    return described(None, RunProgressSerializer, status=200, description=description)


class RunPause(RunAct):
    @acts("Pause a run: nothing more is sent; replies that are under way come in and count. Scope `runs:write`.")
    def post(self, request: Request, pk: int) -> Response:
        checked_object(request.data, {})
        return self.acted(request, pk, control.pause)


class RunResume(RunAct):
    @described(
        object_schema(RESUME_FIELDS),
        RunProgressSerializer,
        status=200,
        description=(
            "Let a paused run go on. It says whether it runs, or why it is still paused. One that paused for its budget needs "
            "a higher cap to go on: send it as `cap`. Scope `runs:write`."
        ),
    )
    def post(self, request: Request, pk: int) -> Response:
        dollars = checked_object(request.data, RESUME_FIELDS).get("cap")
        if dollars is None:
            return self.acted(request, pk, control.resume)
        return self.acted(request, pk, lambda run: _resumed_under(run, round(dollars * DOLLAR)))


def _resumed_under(run: Run, cap: int) -> None:
    """Raises NotPossible where it is not paused, or stays so: the cap is as it was then."""
    run.refresh_from_db()
    if run.cap is None or cap <= run.cap:
        so_far = "has no cap" if run.cap is None else f"has a cap of {budget.dollars(run.cap)} already: send a higher one"
        raise ValidationError({"cap": [f"It is {budget.dollars(cap)}, but the run {so_far}, or leave the cap out."]})
    goes_on_by_its_cap = budget.is_pausing(run)
    if run.state == Run.State.PAUSED:
        control.raise_cap(run, cap)
    if not goes_on_by_its_cap:
        control.resume(run)


class RunCancel(RunAct):
    @acts("Cancel a run for good: what came back counts, nothing more is sent. Scope `runs:write`.")
    def post(self, request: Request, pk: int) -> Response:
        checked_object(request.data, {})
        return self.acted(request, pk, control.cancel)


def unknown(what: str, names: str) -> CannotPlan:
    return CannotPlan(_("there is no %(what)s %(names)s here") % {"what": what, "names": names})
