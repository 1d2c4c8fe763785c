"""What judges said in an arena, and what is known of them: the rows of judges that a bundle has."""

from typing import Annotated, Any, Required, TypedDict

from django.db.models import Max, Q
from django.utils.translation import gettext
from pydantic import ConfigDict, Field

from arena.bundles.fields import COST, NotAllowed
from arena.bundles.kinds import Arrival, BundleKind, Values, add_kinds, add_shared, kind_called
from judges.card_parameters import Parameters
from judges.models import (
    Checklist,
    ChecklistCall,
    EarlierEnding,
    Game,
    GameChange,
    GoldAnswer,
    GoldItem,
    GoldSet,
    Judge,
    JudgeChoice,
)
from judges.sayings import Refused


def _judged(arena_id: int) -> Q:
    games, choices = Game.objects.filter(battle__arena=arena_id), JudgeChoice.objects.filter(arena=arena_id)
    return Q(pk__in=games.values("judge")) | Q(pk__in=choices.values("judge"))


def _endpoints_of_judges(arena_id: int) -> Q:
    return Q(pk__in=kind_called("judges").rows_of(arena_id).values("endpoint"))


def _same_judge(values: Values) -> int | None:
    """The one of its identity, if it says the same: an identity that was made up names nobody else's judge.

    A judge whose exported games were imported here has its identity, and nothing of its card but protocol and model.
    """
    known = Judge.objects.filter(identity=values["identity"]).first()
    if known is None:
        return None
    archived = Judge(**{name: values[name] for name in SAYING})
    if known.saying() | {"name": ""} == archived.saying() | {"name": ""}:
        return known.pk
    if known.is_known_by_games and (known.protocol, known.model) == (archived.protocol, archived.model):
        return known.pk
    raise ValueError(
        gettext(
            "this site has another judge of this identity, %(name)s, and the two differ in what they are asked or by which "
            "model. No judge has another one's identity unless a file was changed: export the arena again where it comes from, "
            "or import it on a site without that judge"
        )
        % {"name": known}
    )


def _next_version(values: Values, arrival: Arrival) -> None:
    of_name = Judge.objects.filter(name=values["name"])
    if of_name.filter(version=values["version"]).exists():
        values["version"] = of_name.aggregate(last=Max("version"))["last"] + 1


def _known_parameters(values: Values) -> None:
    if values["kind"] == Judge.Kind.CALLED:
        try:
            Parameters.of(values["parameters"])
        except (Refused, TypeError) as reason:
            raise NotAllowed(str(reason)) from None


class _Criterion(TypedDict, total=False):
    """A line of a checklist, as judges are asked it."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
    text: Required[str]
    weight: Annotated[float, Field(ge=0, le=1_000_000)]


SAYING = ("name", "kind", "base_url", "model", "protocol", "template", "wording", "parameters", "parser_version")

JUDGE_KINDS = (
    BundleKind(
        "judges", Judge, path="", is_shared=True, find=_same_judge, fit=_next_version,
        fields=(*SAYING, "version", "endpoint", "family", "identity", "superseded_by", "created_at",
                "archived_at", "archived_because"),
        left_out=("archived_by",),
        shapes={"parameters": dict[str, Any]},
        rules={"parameters": _known_parameters},
    ),
    BundleKind(
        "games", Game, path="battle__arena",
        fields=("battle", "judge", "order", "repeat", "run", "call", "copied_from", "request_key", "reference_given", "state",
                "winner", "strength", "score_first", "score_second", "label", "label_start", "label_end", "reason", "reply",
                "taints", "cost", "criteria", "is_counted", "set_aside_reason", "to_ask_again", "event", "created_at",
                "decided_at"),
        shapes={"taints": list[str], "criteria": list[Any] | None, "cost": COST},
    ),
    BundleKind("game-changes", GameChange, path="game__battle__arena", fields=("game", "event", "is_counted")),
    BundleKind("earlier-endings", EarlierEnding, path="game__battle__arena", fields=("game", "event", "state")),
    BundleKind("gold-sets", GoldSet, fields=("name", "origin", "created_at")),
    BundleKind(
        "gold-items", GoldItem, path="gold_set__arena",
        fields=("gold_set", "battle", "label", "order", "note", "is_counted", "source"),
    ),
    BundleKind(
        "gold-answers", GoldAnswer, path="gold_set__arena",
        fields=("gold_set", "response", "is_right", "grade", "note", "is_counted", "source"),
    ),
    BundleKind(
        "checklists", Checklist, path="prompt__arena", fields=("prompt", "criteria", "call", "changed_at"),
        left_out=("written_by",),
        shapes={"criteria": list[_Criterion]},
    ),
    BundleKind("checklist-calls", ChecklistCall, path="prompt__arena", fields=("call", "prompt")),
    BundleKind("judge-choices", JudgeChoice, fields=("judge", "says", "reason", "event")),
)  # fmt: skip


def add_judge_kinds() -> None:
    add_kinds(JUDGE_KINDS)
    add_shared("judges", _judged)
    add_shared("endpoints", _endpoints_of_judges)
