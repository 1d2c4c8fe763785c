"""An arena with a bit of everything, and ways to change its bundle."""

import hashlib
import json
import zipfile
from typing import Any

from django.utils import timezone

from arena.evidence.curation import delete_arena, set_aside_votes
from arena.models import Arena, Attempt, Ballot, Call, Endpoint, Import, Prompt, Vote, Voter
from judges.judge_choices import choose_judge
from judges.models import Checklist, GoldItem, GoldSet, Judge
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_pool,
    make_prompt,
    make_response,
    make_user,
    make_vote,
    make_voter,
)
from tests.judges.game_factories import make_call, make_endpoint, make_game, make_judge, make_run
from tests.ranking.board_factories import make_board

NAMES = ("Kestrel", "=Heron", "Grüne Eule")
SECRETS = ("ann-of-the-accounts", "AGON_KEY_OPENAI", "name-in-a-file", "hunter2")


def an_arena() -> Arena:
    """Votes, votes set aside, games, gold, a run that goes on, boards with snapshots."""
    make_contest_beside()
    arena = make_arena("fable", name="Fable", guidelines="Prefer what is right.")
    ann = make_user(SECRETS[0])
    competitors = [make_competitor(arena, name, price_in=3, released_on=timezone.now().date()) for name in NAMES]
    prompts = [
        make_prompt(arena, f"What is {i}?\n\u2028", key=f"p{i}", reference=f"right {i}", category="a/b", tags=["x"])
        for i in range(3)
    ]
    Prompt.objects.filter(pk=make_prompt(arena, key="known by its key alone").pk).update(turns=[], content_hash="")
    source = Import.objects.create(
        arena=arena, kind="battles", format="own", filename="votes.csv", digest="0" * 64, path="/secret", state="published",
        created_by=ann,
    )  # fmt: skip
    voters = [
        make_voter(arena, str(ann.pk), kind=Voter.Kind.ACCOUNT, user=ann), make_voter(arena, SECRETS[2]),
        make_voter(arena, "v3"),
    ]  # fmt: skip
    judge, newer = _judges()
    run = make_run(arena, plan={"judges": [judge.identity], "authors": {str(competitors[1].pk): "x"}, "retired": [1]}, spent=7)
    games = 0
    for prompt in prompts:
        for one in competitors:
            make_response(prompt, one, f"{one.name} on {prompt.key}")
        for i, (a, b) in enumerate(((0, 1), (0, 2), (1, 2))):
            battle = make_battle(
                competitors[a], competitors[b], prompt, with_answers=True, source=source,
                row_key=bytes([prompt.pk % 256, i] * 8),
            )  # fmt: skip
            for j, voter in enumerate(voters):
                make_vote(battle, "ab"[(i + j) % 2], voter, strength=2, reasons=["right"], comment="so", first_shown="b")
            for order in ("ab", "ba"):
                call = make_call(run, judge, state=Call.State.DONE, outcome="ok")
                _attempt(call, f"{order}{games}")
                make_game(battle, judge, "first" if order == "ab" else "tie", order=order, run=run, call=call, label="A")
                games += 1
    _attempt(make_call(run, judge), "open", state=Attempt.State.OPEN)
    set_aside_votes(Vote.objects.filter(voter=voters[2]), "a script", ann)
    _labels(arena, judge, ann)
    choose_judge(arena, newer, "rule", "as before", ann)
    Ballot.objects.create(
        battle=battle, voter=voters[0], first_shown="a", propensity=0.25, served_at=timezone.now(), key=SECRETS[3]
    )
    make_pool(arena, "empty")
    publish_boards(arena, judge)
    return arena


def publish_boards(arena: Arena, judge: Judge) -> None:
    for slug, fields in _boards(judge).items():
        publish_snapshot(make_board(arena, slug, **fields))


def board_of(slug: str) -> dict[str, tuple[float | None, ...]]:
    newest = Leaderboard.objects.get(slug=slug).newest_snapshot()
    assert newest is not None
    return {
        entry.competitor.name: (entry.rating, entry.low, entry.high, entry.rank, entry.n_votes)
        for entry in newest.entries.select_related("competitor")
    }


def make_contest_beside() -> None:
    """Numbers of rows do not begin at 1."""
    arena = make_arena()
    make_vote(make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena)))


def _judges() -> tuple[Judge, Judge]:
    endpoint = make_endpoint("provider", base_url="https://models.example/v1", key_name=SECRETS[1])
    first = make_judge("Minos", endpoint=endpoint, identity="1" * 64)
    second = make_judge("Minos", endpoint=endpoint, identity="2" * 64, version=2)
    Judge.objects.filter(pk=first.pk).update(superseded_by=second)
    return first, second


def _attempt(call: Call, name: str, state: str = Attempt.State.OK) -> None:
    Attempt.objects.create(
        call=call, endpoint=call.endpoint, state=state, key=f"attempt-{name}", request=[{"role": "user", "content": "A or B?"}],
        text="A", reply='{"x": 1}', sent_at=timezone.now(),
    )  # fmt: skip


def _labels(arena: Arena, judge: Judge, ann: Any) -> None:
    gold = GoldSet.objects.create(arena=arena, name="experts")
    for battle in arena.battles.all()[:4]:
        GoldItem.objects.create(gold_set=gold, battle=battle, label="a")
    Checklist.objects.create(prompt=arena.prompts.first(), criteria=[{"text": "Is it right?", "weight": 1}], written_by=ann)
    choose_judge(arena, judge, "include", "it was looked at", ann)


def _boards(judge: Judge) -> dict[str, dict[str, Any]]:
    return {
        "fable": {"is_default": True},
        "fable-judges": {"sources": "judges", "method": "slot_levelled", "jury": str(judge.pk), "own_answers": "exclude"},
        "fable-panel": {"sources": "judges", "combiner": "panel_weighted"},
        "fable-both": {"sources": "both", "method": "prediction_powered"},
        "fable-davidson": {"method": "davidson"},
    }


def empty_site() -> None:
    """Without the arena, and without its judges and endpoints."""
    for arena in Arena.objects.all():
        delete_arena(arena)
    Judge.objects.update(superseded_by=None)
    Judge.objects.all().delete()
    Endpoint.objects.all().delete()


def members_of(path: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def written(path: Any, members: dict[str, bytes], *, rehashed: bool = True, extra: tuple[tuple[str, bytes], ...] = ()) -> Any:
    """A bundle of these members, with the hashes and counts that they have."""
    manifest = json.loads(members["manifest.json"])
    if rehashed:
        for name, content in members.items():
            if name in manifest["members"]:
                manifest["members"][name] = {
                    "rows": content.count(b"\n"), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
                }  # fmt: skip
        members = members | {"manifest.json": json.dumps(manifest).encode()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in (*members.items(), *extra):
            bundle.writestr(name, content)
    return path


def with_line(members: dict[str, bytes], member: str, number: int, **values: Any) -> dict[str, bytes]:
    """One line with other values."""
    lines = members[member].splitlines(keepends=True)
    lines[number - 1] = (json.dumps(json.loads(lines[number - 1]) | values) + "\n").encode()
    return members | {member: b"".join(lines)}
