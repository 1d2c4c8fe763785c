"""What curators say of a judge in an arena, whatever the rule of usability says. Each word is an event; nothing is deleted."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from arena.evidence.ledger import record_judge
from arena.models import Arena
from judges.models import Judge, JudgeChoice


def choice_of(judge_id: int, arena_id: int) -> JudgeChoice | None:
    """The newest word on it; None where nobody said one, or the last was that the rule holds."""
    newest = JudgeChoice.objects.filter(judge=judge_id, arena=arena_id).select_related("event").first()
    return None if newest is None or newest.says == JudgeChoice.Says.RULE else newest


def choices_in(arena_id: int) -> dict[int, JudgeChoice]:
    """The newest word on each judge of an arena on which somebody said one, by its number."""
    newest: dict[int, JudgeChoice] = {}
    for choice in JudgeChoice.objects.filter(arena=arena_id):
        newest.setdefault(choice.judge_id, choice)
    return {judge: choice for judge, choice in newest.items() if choice.says != JudgeChoice.Says.RULE}


def choose_judge(arena: Arena, judge: Judge, says: str, reason: str, actor: User | None) -> JudgeChoice:
    """From now on the judge counts on the arena's boards, or does not, or as the rule says."""
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
