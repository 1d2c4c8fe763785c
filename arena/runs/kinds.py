"""The interface of a kind of run. The engine knows nothing of prompts or battles; a setting names the kinds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy

from arena.llm.wires.messages import Completion, Request
from arena.models import Archivable, Attempt, Call, Run

NOT_ASKED = "not_asked"
"""The outcome of a call that is left out on purpose; not a failure."""
OUTCOME_NAMES = {
    "ok": gettext_lazy("ok"),
    "ambiguous": gettext_lazy("ambiguous"),
    "unparsable": gettext_lazy("unparsable"),
    "truncated": gettext_lazy("truncated"),
    "refused": gettext_lazy("refused"),
    "filtered": gettext_lazy("filtered"),
    "error": gettext_lazy("error"),
    "rule": gettext_lazy("rule"),
    "skipped_budget": gettext_lazy("skipped_budget"),
    NOT_ASKED: gettext_lazy("not_asked"),
}
"""Names of call outcomes on pages."""
RETIRED_MEANWHILE = "not asked: its prompt was retired while the run was under way"


@dataclass(frozen=True, slots=True)
class Composed:
    """The request, with its own delimiter, and what `read` needs to know about it."""

    request: Request
    fence: str = ""
    context: object = None


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """How a reply was read: an end state (`ok`, `truncated`, `refused` ...), the result if `ok`, else the reason."""

    outcome: str
    result: object = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Why a call may not be sent at present, and what to do about it: its run pauses, and the call keeps its place."""

    reason: str


@dataclass(frozen=True, slots=True)
class Link:
    """A page with the results of a run."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class FinishedCall:
    """A finished call; `attempt` is the one that decided it, None if none was sent."""

    call: Call
    attempt: Attempt | None
    reading: ReplyResult


class RunKind(Protocol):
    """`arena.run_kinds.generation` answers prompts, `judges.runs.judging` compares battles."""

    def compose(self, calls: Sequence[Call]) -> Mapping[int, Composed | ReplyResult | Held]:
        """What to ask, by call id, for calls of one run; few queries for many calls.

        A reading instead decides a call without sending anything: by a rule, or from a cache. May be asked again for a call
        that did not get its turn. The engine itself doubles `max_tokens` after a reply that was cut.
        """

    def read(self, composed: Composed, completion: Completion) -> ReplyResult:
        """In the sending thread, without the database. Never raises, whatever a model replies."""

    def settle(self, decided: Sequence[FinishedCall]) -> None:
        """Write the results, inside the engine's transaction; whatever the outcome, each call exactly once.

        A call that failed and is started again is decided again.
        """

    def more(self, run: Run) -> bool:
        """Asked outside of any transaction when none of the run's calls waits: whether it is not over all the same.

        Adds the calls that come next. Two engines may ask at once, and one may be killed in the middle: what is added is added
        in one transaction that has the run locked, and only where nobody has done so before. Once False, always False.
        """

    def asking(self, going: QuerySet[Run], rows: Sequence[Archivable]) -> set[int]:
        """Which of the runs still need these rows of one model: prompts, competitors, answers, judges."""

    def results(self, run: Run) -> Sequence[Link]:
        """Where to see its results."""

    def without_call(self, run: Run) -> int:
        """How many results it has that needed no call."""

    def undecided(self, run: Run) -> Mapping[str, int]:
        """Why a program gave no result where no call was needed, and how often; the most frequent reason first."""


def kind_of(run_kind: str) -> RunKind:
    """The kind that settings.RUN_KINDS names."""
    kind: RunKind = import_string(settings.RUN_KINDS[run_kind])()
    return kind
