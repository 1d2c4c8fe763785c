"""The rows of the arena itself: prompts, answers, battles, votes, the ledger, and the runs that were paid for."""

import secrets
from typing import Annotated, Any, TypedDict

from django.db.models import Q
from django.utils.translation import gettext
from pydantic import AfterValidator, ConfigDict, Field

from arena.bundles.fields import COST, NotAllowed
from arena.bundles.kinds import BundleKind, Places, Values, add_kinds, add_shared
from arena.importing.files.problems import RowFault, RowProblem, shown
from arena.importing.formats.prompt_files import checked_verifier
from arena.models import (
    Arena,
    Aside,
    Assignment,
    Attempt,
    Ballot,
    Battle,
    Call,
    Competitor,
    Endpoint,
    Event,
    FoundRow,
    Import,
    LateAnswers,
    Lot,
    Prompt,
    PromptPool,
    Response,
    Run,
    Vote,
    Voter,
)
from arena.models.battles import ballot_key
from arena.models.prompts import content_hash, text_digest
from arena.models.runs import attempt_key


def _row_fault(fault: list[int | str]) -> list[int | str]:
    if len(fault) != len(RowFault._fields) or [isinstance(each, int) for each in fault] != [True, False, False, False]:
        raise ValueError("a line, what is wrong in it, the value, and what is allowed are needed")
    return fault


class _Report(TypedDict, total=False):
    """What pages and programs read of an import's report."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
    counts: dict[str, int]
    notes: list[str]
    left_out: list[Annotated[list[int | str], AfterValidator(_row_fault)]]
    rows_left_out: dict[str, str]


CHANCE: Any = Annotated[float, Field(gt=0, le=1)]
LEASE = ("lease_token", "lease_until", "n_attempts")
NAMED_BY_NUMBER = ("retired", "tournament", "said", "to_come")  # parts of a plan that serve a run that goes on
LONGEST_NAME = 120


def _ends(values: Values) -> None:
    """What goes on here must not go on a second time elsewhere: it would be paid for twice."""
    if values["state"] in (Run.State.RUNNING, Run.State.PAUSED):
        values["state"], values["paused_because"] = Run.State.CANCELLED.value, "it went on when its arena was exported"


def _plan(values: Values, places: Places) -> None:
    plan = {name: value for name, value in values["plan"].items() if name not in NAMED_BY_NUMBER}
    if isinstance(authors := plan.get("authors"), dict):
        plan["authors"] = {str(places.place("competitors", int(pk))): name for pk, name in authors.items()}
    values["plan"] = plan


def _call_ends(values: Values) -> None:
    if values["state"] == Call.State.WAITING:
        values["state"] = Call.State.CANCELLED.value


def _attempt_ends(values: Values) -> None:
    if values["state"] == Attempt.State.OPEN:
        values["state"] = Attempt.State.LOST.value


def _unfound(values: Values, line: int) -> None:
    """A key that is nobody's here: that of an account would be another person's."""
    values["key"] = f"archive-{line}"


def _new_ballot_key(values: Values, line: int) -> None:
    values["key"] = ballot_key()


def _of_its_text(values: Values, line: int) -> None:
    values["text_digest"] = text_digest(values["turns"], values["system_prompt"])


def _prompt_hash(values: Values) -> None:
    wanted = Prompt.hash_of(values["turns"], values["system_prompt"]) if values["turns"] else ""
    _must_be(values["content_hash"], wanted)


def _answer_hash(values: Values) -> None:
    _must_be(values["content_hash"], content_hash(values["text"]))


def _must_be(value: str, wanted: str) -> None:
    if value != wanted:
        raise NotAllowed(gettext("by its text it has to be %(wanted)s") % {"wanted": shown(wanted)})


def _known_verifier(values: Values) -> None:
    if values["verifier"] is not None:
        try:
            checked_verifier(values["verifier"])
        except RowProblem as problem:
            raise NotAllowed(problem.allowed) from None


def _no_file(values: Values, line: int) -> None:
    values["path"] = ""


def _without_key(values: Values, line: int) -> None:
    values["paused_because"] = gettext(
        "It came with a whole arena, without a key. Look at its address, name its key, and empty this field to use it."
    )


def _same_endpoint(values: Values) -> int | None:
    same = Endpoint.objects.filter(wire=values["wire"], base_url=values["base_url"], model=values["model"]).order_by("pk")
    return same.filter(name=values["name"]).values_list("pk", flat=True).first() or same.values_list("pk", flat=True).first()


def _asked(arena_id: int) -> Q:
    """Where calls of the arena's runs went."""
    calls = Call.objects.filter(run__arena=arena_id).values("endpoint")
    attempts = Attempt.objects.filter(call__run__arena=arena_id).values("endpoint")
    return Q(pk__in=calls) | Q(pk__in=attempts)


def _name_apart(name: str) -> str:
    return f"{name[: LONGEST_NAME - 9]} {secrets.token_hex(4)}"


def add_arena_kinds() -> None:
    add_kinds(ARENA_KINDS)
    add_shared("endpoints", _asked)


PUT_AWAY = ("archived_at", "archived_because")

ARENA_KINDS = (
    BundleKind(
        "arena", Arena, path="pk",
        fields=("slug", "name", "description", "guidelines", "board_visibility", "content_visibility", "voting", "asked_share",
                "notice", "is_sample", "created_at", *PUT_AWAY),
        left_out=("archived_by",),
    ),
    BundleKind("pools", PromptPool, fields=("slug", "name", "description", "is_active")),
    BundleKind(
        "competitors", Competitor,
        fields=("name", "organisation", "licence", "description", "price_in", "price_out", "released_on", "status", "endpoint",
                "created_at", *PUT_AWAY),
        left_out=("archived_by",),
    ),
    BundleKind(
        "prompts", Prompt,
        fields=("pool", "key", "turns", "system_prompt", "reference", "category", "language", "is_language_guessed", "tags",
                "verifier", "status", "content_hash", "source", "archived_with", "created_at", *PUT_AWAY),
        left_out=("html", "rendered_by", "text_digest", "archived_by"),
        complete=_of_its_text,
        rules={"content_hash": _prompt_hash, "verifier": _known_verifier},
        shapes={"turns": list[str], "tags": list[str], "verifier": dict[str, Any] | None},
    ),
    BundleKind(
        "responses", Response, path="prompt__arena",
        fields=("prompt", "competitor", "repeat", "text", "turns", "finish", "tokens_in", "tokens_out", "latency_ms", "cost",
                "content_hash", "n_characters", "n_headers", "n_list_items", "n_bold", "n_code_blocks", "created_at",
                "superseded_by", "source", "archived_with", *PUT_AWAY),
        left_out=("html", "rendered_by", "archived_by"),
        rules={"content_hash": _answer_hash},
        shapes={"turns": list[str], "cost": COST},
    ),
    BundleKind("asides", Aside, path="response__prompt__arena", fields=("response", "thinking", "ending")),
    BundleKind(
        "imports", Import,
        fields=("kind", "format", "filename", "digest", "options", "state", "n_rows", "n_done", "n_added", "report", "error",
                "created_at", "published_at"),
        left_out=("path", "created_by", *LEASE),
        shapes={"options": dict[str, Any], "report": _Report},
        complete=_no_file,
    ),
    BundleKind("voters", Voter, fields=("kind", "created_at"), left_out=("key", "user"), complete=_unfound),
    BundleKind(
        "battles", Battle,
        fields=("prompt", "competitor_a", "competitor_b", "response_a", "response_b", "source", "row_key", "propensity",
                "created_at"),
        shapes={"propensity": CHANCE | None},
    ),
    BundleKind("lots", Lot, fields=("battle", "chance", "place"), shapes={"chance": CHANCE}),
    BundleKind(
        "ballots", Ballot, path="battle__arena",
        fields=("battle", "voter", "first_shown", "policy", "propensity", "state", "note", "served_at", "shown_at",
                "handled_at"),
        left_out=("key", "handled_by"),
        complete=_new_ballot_key,
    ),
    BundleKind(
        "votes", Vote, path="battle__arena",
        fields=("battle", "voter", "outcome", "first_shown", "strength", "reasons", "comment", "dwell_ms", "is_counted",
                "set_aside_reason", "source", "voted_at"),
        shapes={"reasons": list[str]},
    ),
    BundleKind("found-rows", FoundRow, path="source__arena", fields=("source", "prompt", "response", "battle", "vote")),
    BundleKind(
        "events", Event, order="position",
        fields=("kind", "vote", "source", "prompt", "before", "after", "reason", "created_at"),
        left_out=("position", "actor"),
    ),
    BundleKind("late-answers", LateAnswers, path="battle__arena", fields=("battle", "event")),
    BundleKind(
        "endpoints", Endpoint, path="", is_shared=True, find=_same_endpoint, complete=_without_key,
        once={"name": _name_apart},
        fields=("name", "wire", "base_url", "model", "price_in", "price_out", "timeout_seconds", "requests_per_minute",
                "tokens_per_minute", "max_concurrency", "refused_parameters", "created_at", *PUT_AWAY),
        left_out=("archived_by", "key_name",
                  "is_proven", "proven_with", "paused_because", "is_pause_learnt", "n_failures", "open_until",
                  "probe_until"),
        shapes={"refused_parameters": list[str]},
    ),
    BundleKind(
        "runs", Run, on_leaving=_ends, rename=_plan, names=("competitors",),
        fields=("kind", "name", "plan", "seed", "state", "paused_because", "cap", "spent", "bounded", "created_at",
                "finished_at"),
        left_out=("created_by", "reserved"),
        shapes={"plan": dict[str, Any]},
    ),
    BundleKind(
        "calls", Call, path="run__arena", on_leaving=_call_ends,
        fields=("run", "endpoint", "state", "place", "max_tokens_factor", "bound", "n_sent", "n_refusals", "outcome", "reason",
                "finished_at"),
        left_out=("not_before", *LEASE),
        shapes={"bound": COST},
    ),
    BundleKind(
        "assignments", Assignment, path="call__run__arena", fields=("call", "prompt", "competitor", "repeat", "earlier"),
        shapes={"earlier": list[Any]},
    ),
    BundleKind(
        "attempts", Attempt, path="call__run__arena", on_leaving=_attempt_ends,
        once={"key": lambda key: attempt_key()},
        fields=("call", "endpoint", "key", "state", "request", "fence", "reply", "text", "thinking", "finish", "word", "error",
                "status", "model", "parameters", "request_id", "cost", "tokens_in", "tokens_out", "latency_ms", "sent_at",
                "finished_at"),
        left_out=("reserved",),
        shapes={"request": list[Any], "parameters": dict[str, Any], "cost": COST},
    ),
)  # fmt: skip
