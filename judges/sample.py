"""Judges of the sample arena: two programs, and two scripted models that are called over HTTP like any other.

The scripted ones are no language models, and their names say so. One mostly prefers the answer of the stronger competitor; the
other mostly chooses the first slot, as an example of a judge that must not count.
"""

from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from arena.models import Arena, Endpoint, Run
from arena.sample.content import load_sample
from arena.sample.votes import strength_of
from judges.cards import called_judge, refreshed
from judges.fakellm.script import JudgeScript, Script
from judges.games.offline_games import offline_judge
from judges.models import Judge
from judges.runs.battle_selection import standing_battles
from judges.runs.planning import plan_judging

PORT = 8765
N_BATTLES = 240
PROGRAMS = ("contains", "longer")
SCRIPTED = {
    "careful (scripted)": JudgeScript(accuracy=0.86, slot_bias=0.04, p_tie=0.05),
    "hasty (scripted)": JudgeScript(p_first=0.92),
}
A_MINUTE = 1_500  # slow enough to be watched
NOTICE = gettext_noop("Judges called “scripted” answer by a script; they are no language models.")


def sample_script() -> Script:
    """What the scripted judges know: the strength behind each answer in the sample."""
    sample = load_sample()
    strengths = strength_of(sample)
    answers = {"\n".join(each.turns): {"quality": strengths[each.prompt, each.competitor]} for each in sample.responses}
    scripts = {name: Script(judge=judge, answers=answers, latency=(0.1, 0.4)) for name, judge in SCRIPTED.items()}
    return Script(models=scripts, keep_bodies=False)


def judge_sample_offline(arena: Arena) -> None:
    """The programs' verdicts, once."""
    missing = [name for name in PROGRAMS if not Judge.objects.filter(protocol=name, games__battle__arena=arena).exists()]
    if missing:
        plan_judging(arena, [offline_judge(name) for name in missing], standing_battles(arena, most=N_BATTLES))


def plan_scripted_judges(arena: Arena, base_url: str) -> Run | None:
    """A run that waits for a worker; None if there has been one already."""
    judges = [_judge(name, base_url) for name in SCRIPTED]
    if arena.runs.filter(calls__endpoint__judges__in=judges).exists():
        return None
    if NOTICE not in arena.notice:
        Arena.objects.filter(pk=arena.pk).update(notice=f"{arena.notice}\n{NOTICE}".strip())
    return plan_judging(arena, judges, standing_battles(arena, most=N_BATTLES))[0]


def last_port() -> int | None:
    """Where they were asked last time: at another port their next version would be asked, and what waits would pause."""
    endpoint = Endpoint.objects.filter(name__in=SCRIPTED).first()
    return urlsplit(endpoint.base_url).port if endpoint else None


def _judge(name: str, base_url: str) -> Judge:
    """Asked at the fake, free of charge; at another port than last time it is a new version of the same judge."""
    fields = {"model": name, "base_url": base_url, "requests_per_minute": A_MINUTE}
    endpoint, _ = Endpoint.objects.update_or_create(name=name, defaults=fields)
    known = Judge.objects.current().select_related("endpoint").filter(name=name).first()
    return refreshed(known) if known else called_judge(endpoint, "pairwise", name=name)
