"""Curators' choices on a judge in an arena, which override the usability rule. Each choice is an event; nothing is deleted."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from arena.evidence.ledger import record_judge
from arena.models import Arena
from judges.models import Judge, JudgeChoice


def choice_of(judge_id: int, arena_id: int) -> JudgeChoice | None:
    """The newest choice; None if there is none, or if the last one was to follow the rule."""
    newest = JudgeChoice.objects.filter(judge=judge_id, arena=arena_id).select_related("event").first()
    return None if newest is None or newest.says == JudgeChoice.Says.RULE else newest


def choices_in(arena_id: int) -> dict[int, JudgeChoice]:
    """The newest choice for each judge of an arena that has one, by judge id."""
    newest: dict[int, JudgeChoice] = {}
    for choice in JudgeChoice.objects.filter(arena=arena_id):
        newest.setdefault(choice.judge_id, choice)
    return {judge: choice for judge, choice in newest.items() if choice.says != JudgeChoice.Says.RULE}


def choose_judge(arena: Arena, judge: Judge, says: str, reason: str, actor: User | None) -> JudgeChoice:
    """Include or exclude the judge on the arena's boards from now on, or let the rule decide."""
    reason = " ".join(reason.split())
    if not reason:
        raise ValueError(_("a reason is needed: readers of the board are shown why the rule was overruled"))
    before = JudgeChoice.objects.filter(arena=arena, judge=judge).first()
    with transaction.atomic():
        choice = JudgeChoice(arena=arena, judge=judge, says=JudgeChoice.Says(says), reason=reason[:200])
        choice.event = record_judge(
            arena_id=arena.pk, before="" if before is None else f"{judge}: {before.says}", after=f"{judge}: {says}",
            reason=choice.reason, actor=actor,
        )  # fmt: skip
        choice.save()
    return choice
