"""Games and battles of judges that have one property each, drawn from a seed."""

import numpy as np

from judges.audits.figures.inputs import AuditGame, AuditItem, Looks
from judges.verdicts.verdict import Verdict

N = 5_000


def game(
    battle: str, order: str, winner: str | None, *, repeat: int = 0, prompt: str = "", a: str = "x", b: str = "y"
) -> AuditGame:
    return AuditGame(battle, prompt or battle, a, b, order, repeat, None if winner is None else Verdict(winner))  # type: ignore[arg-type]


def slotted_games(chance: float, *, n: int, rng: np.random.Generator, n_competitors: int = 4) -> list[AuditGame]:
    """Each battle in both orders; the first slot wins with this chance, whoever stands there."""
    games = []
    for number in range(n):
        a, b = (f"m{each}" for each in rng.choice(n_competitors, 2, replace=False))
        games += [game(str(number), order, "first" if rng.random() < chance else "second", a=a, b=b) for order in ("ab", "ba")]
    return games


def other(side: str) -> str:
    return {"a": "b", "b": "a"}[side]


def agreeing_items(chance: float, *, n: int = N, rng: np.random.Generator) -> list[AuditItem]:
    """People prefer either answer alike; the judge says the same with this chance."""
    items = []
    for number in range(n):
        human = "a" if rng.random() < 0.5 else "b"
        judged = human if rng.random() < chance else other(human)
        items.append(AuditItem(str(number), str(number), "x", "y", judged, human))
    return items


def length_minded_items(chance: float, *, n: int = N, rng: np.random.Generator) -> list[AuditItem]:
    """Answers of equal quality; the judge prefers the longer with this chance."""
    items = []
    for number in range(n):
        long, short = Looks(int(rng.integers(500, 900))), Looks(int(rng.integers(100, 400)))
        longer = "a" if rng.random() < 0.5 else "b"
        judged = longer if rng.random() < chance else other(longer)
        looks = (long, short) if longer == "a" else (short, long)
        items.append(AuditItem(str(number), str(number), "x", "y", judged, "tie", *looks))
    return items


def family_minded_items(extra: float, *, base: float = 0.7, n: int = N, rng: np.random.Generator) -> list[AuditItem]:
    """People's choice is recalled with chance base, and with base + extra where it is the judge's family's."""
    items = []
    for number in range(n):
        human, own = ("a" if rng.random() < 0.5 else "b" for _ in range(2))
        judged = human if rng.random() < base + extra * (human == own) else other(human)
        items.append(AuditItem(str(number), str(number), "x", "y", judged, human, own_a=own == "a", own_b=own == "b"))
    return items


def lenient_grades(p_c: float, p_plus: float, *, n: int = N, rng: np.random.Generator) -> list[tuple[bool, bool]]:
    """The judge sees the truth with chance p_c, else says "right" with chance p_plus."""
    truth = rng.random(n) < 0.5
    said = np.where(rng.random(n) < p_c, truth, rng.random(n) < p_plus)
    return list(zip(truth.tolist(), said.tolist(), strict=True))
