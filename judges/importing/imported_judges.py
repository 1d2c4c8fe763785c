"""The card of a judge whose judgements are imported."""

from collections.abc import Iterable
from itertools import pairwise

from django.db.models import Max

from judges.cards import stored_judge
from judges.importing.rows import ExportedGame
from judges.models import Judge

LONGEST = 120


def imported_judge(name: str, protocol: str, *, layout: str, otherwise: str, digest: str, model: str = "") -> Judge:
    """The judge of this name, to which further files are added; without a name each file is a separate judge.

    A name identifies the judge; two files without names may come from different ones.
    """
    if not name:
        return stored_judge(
            Judge.Kind.IMPORTED,
            protocol,
            name=otherwise[:LONGEST],
            parameters={"layout": layout, "digest": digest},
            model=model,
        )
    name = name[:LONGEST]
    known = Judge.objects.current().filter(kind=Judge.Kind.IMPORTED)
    same = known.filter(name=name, protocol=protocol).order_by("pk").first()
    if same is not None:
        return same
    if known.filter(name=name).exists():  # which gives another kind of judgement: pairs in one, grades in the other
        name = f"{name[: LONGEST - 30]}, {protocol}"
        if (same := known.filter(name=name, protocol=protocol).order_by("pk").first()) is not None:
            return same
    return stored_judge(Judge.Kind.IMPORTED, protocol, name=name, parameters={"layout": layout}, model=model)


def exported_judge(name: str, protocol: str, exported: ExportedGame, *, model: str = "") -> Judge:
    """The judge of this identity, whose games of another arena or site these are.

    One that is not here yet comes as what needs no endpoint: a program stays one, a language model's verdicts are imported.
    """
    known = Judge.objects.filter(identity=exported.identity).first()
    if known is not None:
        return known
    name, version = name[:LONGEST], exported.version
    of_name = Judge.objects.filter(name=name)
    if of_name.filter(version=version).exists():
        version = of_name.aggregate(last=Max("version"))["last"] + 1
    kind = Judge.Kind.OFFLINE if exported.kind == Judge.Kind.OFFLINE else Judge.Kind.IMPORTED
    return Judge.objects.create(
        name=name, version=version, kind=kind, protocol=protocol[:60], model=model, family=exported.family[:120],
        identity=exported.identity,
    )  # fmt: skip


def supersede_older(judges: Iterable[Judge]) -> None:
    """Of versions imported together, the newest is the current judge, as on the site they come from."""
    by_name: dict[str, list[Judge]] = {}
    for judge in sorted({judge for judge in judges if not judge.is_called}, key=lambda judge: judge.version):
        by_name.setdefault(judge.name, []).append(judge)
    for versions in by_name.values():
        for older, newer in pairwise(versions):
            Judge.objects.filter(pk=older.pk, superseded_by=None).update(superseded_by=newer)
