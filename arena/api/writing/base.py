"""What all writing views share: permissions, a checked body, one transaction, each request once."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from arena import access
from arena.api.callers.scopes import CuratorsWrite, WithinScope
from arena.api.read_views import SLUG, ApiView
from arena.api.schema import WRITING_RESPONSES
from arena.api.writing.idempotency import HEADER, KEY_PATTERN, LONGEST_KEY, Answer, done_once
from arena.api.writing.json_bodies import JSONBody
from arena.api.writing.row_schemas import rows_schema
from arena.archiving.refusals import archived_message
from arena.importing.files.problems import ImportProblems, RowProblem
from arena.importing.rows_by_program import MOST_ROWS, TakenRows
from arena.importing.sent_fields import SentFields, checked_row
from arena.models import Arena, TokenScope
from arena.wording import counted, sentence

KEY_PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": KEY_PATTERN},
    OpenApiParameter.HEADER,
    description=(
        "A name of your own for this request, such as a UUID. Sent again within 24 hours, the request is answered as it was "
        "and does nothing."
    ),
)

MOST_NAMED = 20  # unknown fields, of which a body may have any number
LONGEST_NAMED = 80


class WrongRows(APIException):
    """Nothing was written."""

    status_code = 422

    def __init__(self, problems: ImportProblems, called: str = "Row", *, is_by_itself: bool = False) -> None:
        """`called`: what the number of a problem is, the place of a row or the line of a file.

        `is_by_itself`: the rows were read, and not compared with the arena yet.
        """
        first = problems.first[0]
        super().__init__(
            sentence(f"Nothing was written. {called} {first.line}: {first.what} is {first.value}; {first.allowed}")
            + (f" {counted(problems.n_all - 1, 'more problem', 'more problems')}." if problems.n_all > 1 else "")
            + (" Whether rows fit the arena is checked once these are right." if is_by_itself else "")
        )
        self.members = {
            "n_problems": problems.n_all,
            "rows": [
                {
                    "row": each.line, "what": each.what, "value": str(each.value), "allowed": each.allowed,
                    "n_alike": each.n_alike, "also_in": list(each.lines),
                }
                for each in problems.first
            ],
        }  # fmt: skip


class TakenSerializer(serializers.Serializer[TakenRows]):
    """What became of the rows."""

    arena = serializers.CharField(help_text="Slug of the arena.")
    n_rows = serializers.IntegerField(min_value=1, help_text="Rows that were sent.")
    n_added = serializers.IntegerField(min_value=0, help_text="Rows that were new; the others were here already.")
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1), help_text="Numbers of the stored rows, one for each row that was sent."
    )
    notes = serializers.ListField(child=serializers.CharField(), help_text="What is worth knowing about how they were read.")


class Writes(ApiView):
    """A view that also takes POST. The permissions are those of its page."""

    http_method_names = ["get", "head", "post"]
    permission_classes = [WithinScope, CuratorsWrite]
    parser_classes = [JSONBody]
    scopes: ClassVar[dict[str, str]] = {"POST": TokenScope.EVIDENCE.value}

    def done(self, request: Request, work: Callable[[], Answer]) -> Response:
        try:
            return done_once(request, work).sent()
        except ImportProblems as problems:
            raise WrongRows(problems) from None


class RowsOfArena[Row](Writes):
    """POST of `{"arena": ..., "rows": [...]}`: all rows are written or none."""

    may_name: ClassVar[tuple[str, ...]] = ()  # beside the arena and the rows: slugs
    may_say: ClassVar[tuple[str, ...]] = ()  # and what is true or false
    may_choose: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({})  # and one of several words

    def rows_of(self, raw: Sequence[Any]) -> list[Row]:
        """Raises ImportProblems."""
        raise NotImplementedError

    def take(self, arena: Arena, rows: list[Row], body: dict[str, Any]) -> TakenRows:
        """In a transaction. Raises ImportProblems."""
        raise NotImplementedError

    def taken(self, request: Request) -> Response:
        body: Any = request.data
        arena, raw = self._envelope(request, body)
        try:
            rows = self.rows_of(raw)  # before the transaction: nobody waits for it
        except ImportProblems as problems:
            raise WrongRows(problems, is_by_itself=True) from None

        def work() -> Answer:
            taken = self.take(arena, rows, body)
            return Answer({
                "arena": arena.slug, "n_rows": len(rows), "n_added": taken.n_added, "ids": taken.ids, "notes": taken.notes,
            })  # fmt: skip

        return self.done(request, work)

    def _envelope(self, request: Request, body: Any) -> tuple[Arena, list[Any]]:
        names = ["arena", *self.may_name, *self.may_say, *self.may_choose, "rows"]
        message = f"There is no such member here. Available: {', '.join(names)}."
        errors = _each(message, [name for name in body if name not in names])
        rows, slug = body.get("rows"), body.get("arena")
        if not isinstance(rows, list) or not 0 < len(rows) <= MOST_ROWS:
            errors["rows"] = [f"A list of 1 to {MOST_ROWS:,} objects is needed."]
        for name in ("arena", *self.may_name):
            value = body.get(name)
            if (value is not None or name == "arena") and not (isinstance(value, str) and SLUG.match(value)):
                errors[name] = ["A slug is needed: letters, digits, - and _, at most 50 of them."]
        for name in self.may_say:
            if not isinstance(body.get(name), bool | None):
                errors[name] = ["True or false is needed."]
        for name, choices in self.may_choose.items():
            if body.get(name) not in (None, *choices):
                errors[name] = [f"One of these is needed: {', '.join(choices)}."]
        if errors:
            raise ValidationError(errors)
        return arena_to_write(request, str(slug)), rows or []


def _each(message: str, unknown: Sequence[str]) -> dict[str, list[str]]:
    return {name[:LONGEST_NAMED]: [message] for name in unknown[:MOST_NAMED]}


def checked_object(body: Any, columns: SentFields) -> dict[str, Any]:
    """The members of a body that is one object, without its nulls. Raises ValidationError, which names each field."""
    if unknown := [name for name in body if name not in columns]:
        there_are = f"There is no such field here; there are {', '.join(columns)}." if columns else "No body is taken here."
        raise ValidationError(_each(there_are, unknown))
    try:
        return checked_row(body, columns)
    except RowProblem as problem:
        raise ValidationError({problem.what: [f"It is {problem.value}: {problem.allowed}."]}) from None


def arena_to_write(request: Request, slug: str) -> Arena:
    """One that this visitor may know of, in which a curator may write."""
    arena = access.arenas_for(request.user).filter(slug=slug).first()
    if arena is None:
        raise NotFound(f"There is no arena {slug!r} here that you may write to.")
    if arena.is_archived:
        raise ValidationError({"arena": [sentence(archived_message(arena))]})
    return arena


class Describes(Protocol):
    """A decorator that leaves a method as it is."""

    def __call__[F](self, method: F, /) -> F: ...


def described(request: Any, answer: type[BaseSerializer[Any]], *, status: int = 201, description: str = "") -> Describes:
    """Describe a writing method for the schema: its body and all its answers."""
    decorator: Any = extend_schema(
        request={"application/json": request} if request else None,
        responses={(status, "application/json"): answer} | WRITING_RESPONSES,
        parameters=[KEY_PARAMETER],
        description=description or None,
    )
    described_so: Describes = decorator
    return described_so


def takes_rows(columns: SentFields, description: str, **more: dict[str, Any]) -> Describes:
    """Of `post` of `RowsOfArena`."""
    return described(rows_schema(columns, **more), TakenSerializer, description=description)
