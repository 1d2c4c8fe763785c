"""An arena with something of everything, what comes out of it, and the way in again."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from arena.evidence.curation import set_aside_votes
from arena.exporting.access import Reader
from arena.exporting.forms import FORMS
from arena.exporting.registry import tables
from arena.exporting.tables import rows_for
from arena.models import Arena, FinishState, Vote
from tests.arena.importing.import_files import imported
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_pool,
    make_prompt,
    make_response,
    make_vote,
    make_voter,
)

THEN = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
KINDS = {
    "prompts": ("prompts", "jsonl"),
    "answers": ("responses", "jsonl"),
    "battles": ("battles", "battles"),
    "votes": ("battles", "battles"),
}
NAMES = ("=mc2", "b-model", "ä Modell")


def furnished(slug: str = "", **fields: object) -> Arena:
    """Three models on two prompts: votes of two voters, one set aside, one tie, one of nobody knows whom; a failed answer."""
    arena = make_arena(slug, **{"content_visibility": "public"} | fields)
    models = [make_competitor(arena, name, licence="CC-BY-4.0") for name in NAMES]
    asked = [
        make_prompt(arena, "-2 + 2 = ?", key="q1", reference="0", category="maths/sums", tags=["a, b", "c"], language="en"),
        make_prompt(
            arena, "Say “hi”\nto 'me'", key="q2", verifier={"kind": "contains", "any": ["hi"]}, pool=make_pool(arena, "second")
        ),
    ]
    for prompt, model in itertools.product(asked, models):
        make_response(prompt, model, f"- {model.name} to {prompt.key}\n'=1+1", cost=1_234_567, tokens_out=7)
    make_response(asked[0], models[0], "$ERROR$ 500", repeat=1, finish=FinishState.FAILED)
    ann, bob = make_voter(arena, "ann@example.org"), make_voter(arena, "bob")
    pairs = [
        make_battle(a, b, prompt, with_answers=True, created_at=THEN)
        for prompt in asked
        for a, b in itertools.combinations(models, 2)
    ]
    for n, battle in enumerate(pairs):
        said = ("a", "b", "a", "tie", "both_bad", "b")[n]
        make_vote(battle, said, ann, voted_at=THEN + timedelta(seconds=n), first_shown="ba"[n % 2], dwell_ms=1_000 + n)
        make_vote(battle, "ab"[n % 2], bob, voted_at=THEN, comment="=1+1, she said", reasons=["accurate"], strength=2)
    make_vote(make_battle(models[0], models[1], created_at=THEN), "a", make_voter(arena), voted_at=THEN)
    set_aside_votes(Vote.objects.filter(battle=pairs[0], voter=bob), "a test", None)
    return arena


def taken(table: str, arena: Arena, reader: Reader | None = None, **chosen: object) -> list[dict[str, object]]:
    return list(rows_for(tables()[table], reader or Reader.operator(), arena, chosen))


def file_of(table: str, arena: Arena, form: str, folder: Path, **chosen: object) -> Path:
    reader = Reader.operator()
    columns = tables()[table].columns_for(reader)
    path = folder / f"{table}.{form}"
    path.write_bytes(b"".join(FORMS[form].parts(columns, rows_for(tables()[table], reader, arena, chosen))))
    return path


def moved(arena: Arena, form: str, folder: Path) -> Arena:
    """All that can go in again, into an arena of its own."""
    other = make_arena(content_visibility="public")
    for table, (kind, name) in KINDS.items():
        file_name = "csv" if form in {"csv", "excel"} and name == "jsonl" else name
        source = imported(file_of(table, arena, form, folder), file_name, other, kind=kind)
        assert source.state == "published", source.error
    return other


def by_content(table: str, arena: Arena) -> list[str]:
    """Rows without what a site numbers by itself; the sides in the order of names, voters in that of their votes."""
    voters: dict[object, int] = {}
    battles: dict[object, int] = {}
    rows = taken(table, arena)
    if "battle" in (rows[0] if rows else {}):
        rows = [_turned(row) for row in rows]
    for row in rows:
        for name in ("vote", "pool", "licence", "propensity", "voter_kind", "game", "decided_at", "judge_kind", "model"):
            row.pop(name, None)
    rows.sort(
        key=lambda row: json.dumps({k: v for k, v in row.items() if k not in {"battle", "voter"}}, default=str, sort_keys=True)
    )
    for row in rows:
        if "battle" in row:
            row["battle"] = battles.setdefault(row["battle"], len(battles))
        if "voter" in row:
            row["voter"] = voters.setdefault(row["voter"], len(voters))
    return [json.dumps(row, default=str, sort_keys=True) for row in rows]


def _turned(row: dict[str, object]) -> dict[str, object]:
    if str(row["model_a"]) <= str(row["model_b"]):
        return row
    swap = {"a": "b", "b": "a", "ab": "ba", "ba": "ab"}
    pairs = [("model_a", "model_b"), ("repeat_a", "repeat_b"), ("n_a", "n_b"), ("score_a", "score_b")]
    turned = dict(row)
    for a, b in pairs:
        if a in row:
            turned[a], turned[b] = row[b], row[a]
    for name in ("winner", "first_shown", "order", *(["label"] if "gold_set" in row else [])):
        if name in row:
            turned[name] = swap.get(str(row[name]), row[name])
    return turned
