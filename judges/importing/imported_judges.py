"""The card of a judge whose judgements are imported."""

from judges.cards import stored_judge
from judges.models import Judge

LONGEST = 120


def imported_judge(name: str, protocol: str, *, layout: str, otherwise: str, digest: str, model: str = "") -> Judge:
    """The judge of this name, which takes further files; without a name each file is a judge of its own.

    Whoever named a judge says that it is that one: nobody knows that of two files without a name.
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
    if known.filter(name=name).exists():  # which says another kind of thing: pairs here, grades there
        name = f"{name[: LONGEST - 30]}, {protocol}"
        if (same := known.filter(name=name, protocol=protocol).order_by("pk").first()) is not None:
            return same
    return stored_judge(Judge.Kind.IMPORTED, protocol, name=name, parameters={"layout": layout}, model=model)
