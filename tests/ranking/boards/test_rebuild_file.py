"""`rebuild.py` beside a board: with numpy and scipy alone, and what was exported, it makes the board to the same digits."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from random import Random

import numpy as np
import pytest
import scipy

from arena.models import Competitor, Lot, Prompt
from ranking.boards.exports.comparison_file import lines_of
from ranking.boards.fitting import fit_board
from ranking.boards.many_competitors import MOST_IN_TABLES
from ranking.boards.methods import Definition
from ranking.boards.publishing import publish_snapshot
from ranking.comparisons.lots import draw_lots
from ranking.maths import Comparisons
from ranking.models import KeptSnapshot, Snapshot
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_prompt,
    make_response,
    make_user,
    make_vote,
    make_voter,
)
from tests.judges.game_factories import make_game, make_judge
from tests.prepared import prepared
from tests.ranking.board_factories import make_board
from tests.ranking.comparisons.test_combined_boards import combined_board, make_judged, vote_as

pytestmark = pytest.mark.django_db

SIGNIFICANT = ("rating", "se", "low", "high", "win_rate", "raw_win_rate", "trust", "people_half_width")
WHOLE = ("rank", "rank_low", "rank_high", "n_votes", "n_prompts")
NAMES = ("Kestrel", "=Heron", "'=Heron", "Grüne „Eule“, alt", "nobody voted on it")
METHODS = {
    "Bradley-Terry": {},
    "Bradley-Terry, votes alone": {"clusters": "none"},
    "Bradley-Terry, bootstrap": {"intervals": "bootstrap"},
    "Davidson": {"method": "davidson"},
    "Rao-Kupper": {"method": "rao_kupper"},
    "Elo": {"method": "elo", "intervals": "bootstrap", "seed": 7},
    "style": {"method": "style_controlled", "covariates": "length lists"},
    "side shown first": {"method": "style_controlled"},
    "tournament": {"method": "tournament"},
    "category": {"category": "coding", "level": 0.9},
    "judges, by slot": {"sources": "judges", "method": "slot_levelled"},
    "judges, shares": {"sources": "judges", "combiner": "mean"},
    "pooled": {"sources": "both", "method": "slot_levelled"},
}


@pytest.fixture
def bare(tmp_path):
    """A folder in which Python finds numpy and scipy, and nothing of this project."""
    for package in (np, scipy):
        place = Path(package.__file__).parent
        for folder in (place, place.with_name(f"{place.name}.libs")):
            if folder.exists():
                (tmp_path / folder.name).symlink_to(folder)
    return tmp_path


def run(bare, *arguments):
    program = (
        f"import sys, runpy; sys.path.append({str(bare)!r}); del sys.argv[0]; runpy.run_path('rebuild.py', None, '__main__')"
    )
    command = [sys.executable, "-I", "-S", "-c", program, "rebuild.py", *arguments]
    return subprocess.run(command, cwd=bare, capture_output=True, encoding="utf-8", timeout=120, check=False)


def download(client, snapshot, folder):
    root = f"/api/v1/snapshots/{snapshot.key}/"
    for name, address in (("rebuild.py", "rebuild.py"), ("comparisons.csv", "comparisons.csv"), ("board.json", "?format=json")):
        answer = client.get(root + address)
        assert answer.status_code == 200, answer.content
        (folder / name).write_bytes(answer.getvalue())


def assert_rebuilt(snapshot, done):
    assert done.returncode == 0, done.stderr
    lines = {line["competitor"]: line for line in csv.DictReader(io.StringIO(done.stdout, newline=""))}
    entries = list(snapshot.entries.select_related("competitor"))
    assert len(lines) == len(entries)
    for entry in entries:
        name = entry.competitor.name
        line = lines["'" + name if name.lstrip("'").startswith("=") else name]
        for number in SIGNIFICANT:
            value = getattr(entry, number)
            assert line[number] == "" if value is None else float(line[number]) == pytest.approx(value, rel=0, abs=1e-9), number
        assert [line[number] for number in WHOLE] == [
            "" if getattr(entry, number) is None else str(getattr(entry, number)) for number in WHOLE
        ]


def make_voted_and_judged():
    """Votes and games on texts of several lengths; numbers of competitors do not go with their names."""
    arena, rng, judges = make_arena(content_visibility="public"), Random(3), [make_judge(), make_judge()]
    competitors = [make_competitor(arena, name) for name in NAMES]
    for i in range(16):
        prompt = make_prompt(arena, category="coding" if i % 2 else "")
        for competitor in competitors[:4]:
            n = rng.randrange(1, 40)
            make_response(prompt, competitor, f"{competitor.name} {i} " + "word " * n, n_characters=5 * n, n_list_items=n % 4)
        for x in range(4):
            for y in range(x):
                battle = make_battle(competitors[x], competitors[y], prompt, with_answers=True)
                for _ in range(rng.randrange(3)):
                    outcome = rng.choices(["a", "b", "tie", "both_bad"], [4 + x, 4 + y, 2, 1])[0]
                    make_vote(battle, outcome, first_shown=rng.choice("ab"))
                preferred = rng.choices(["a", "b", "tie"], [4 + x, 4 + y, 2])[0]
                for order in ("ab", "ba") if rng.random() < 0.9 else ("ab",):
                    winner = {"a": "first", "b": "second"} if order == "ab" else {"a": "second", "b": "first"}
                    make_game(battle, judges[i % 2], winner.get(preferred, "tie"), order=order)
    return arena


voted_and_judged = prepared(make_voted_and_judged)


@pytest.fixture
def arena(voted_and_judged):
    return voted_and_judged()


@pytest.mark.parametrize("method", METHODS)
def test_a_bare_process_makes_the_board_to_the_same_digits(method, arena, client, bare):
    snapshot = publish_snapshot(make_board(arena, **METHODS[method]))
    assert snapshot.entries.exclude(rating=None).count() == 4
    assert snapshot.entries.exclude(low=None).count() == 4
    download(client, snapshot, bare)
    assert_rebuilt(snapshot, run(bare))


@pytest.mark.parametrize(("n_prompts", "n_voted"), [(80, 40), (35, 29)], ids=["combined", "combined, votes alone"])
def test_a_combined_board_is_made_to_the_same_digits(n_prompts, n_voted, client, bare):
    arena, _, _ = make_judged(n_prompts=n_prompts, n_voted=n_voted)
    snapshot = publish_snapshot(combined_board(arena))
    assert snapshot.entries.exclude(trust=None).exists() == (n_voted >= 30)
    download(client, snapshot, bare)
    assert_rebuilt(snapshot, run(bare))


def test_a_combined_board_with_lots_is_made_to_the_same_digits(client, bare):
    arena, _, _ = make_judged(n_prompts=80, n_voted=0)
    type(arena).objects.update(asked_share=0.5)
    draw_lots(arena.pk, rng=Random(1))
    lots, voter = list(Lot.objects.order_by("place").select_related("battle")), make_voter(arena)
    for i, lot in enumerate(lots[:38]):
        vote_as(lot.battle, "a" if i % 3 else "b", voter, policy="lot")
    vote_as(lots[60].battle, "b", voter, policy="verdicts")
    snapshot = publish_snapshot(combined_board(arena))
    assert any(note.endswith("drawn by lot among those judged") for note in snapshot.notes)
    download(client, snapshot, bare)
    assert_rebuilt(snapshot, run(bare))


def test_a_board_of_very_many_is_made_to_the_same_digits(client, arena, bare):
    """It is fitted by the pairs that met, without tables of all."""
    m, n, rng = MOST_IN_TABLES + 20, 12_000, np.random.default_rng(5)
    a = rng.integers(m, size=n)
    given = {"a": a, "b": (a + rng.integers(1, m, size=n)) % m, "outcome": rng.integers(4, size=n)}
    c = Comparisons(tuple(f"model {i}" for i in range(m)), prompt=rng.integers(300, size=n), weight=np.ones(n), **given)
    fitted = fit_board(c, Definition(), list(range(m)))
    rows = [{"competitor": c.names[row.competitor_id]} | asdict(row) for row in fitted.rows]
    assert sum(row["low"] is not None for row in rows) > MOST_IN_TABLES
    board = {"snapshot": "many", "method": "bradley_terry", "seed": 1, "parameters": Definition().in_words()}
    download(client, publish_snapshot(make_board(arena)), bare)
    (bare / "board.json").write_text(json.dumps(board | {"competitors": c.names, "entries": rows}))
    (bare / "comparisons.csv").write_text("".join(lines_of(c, c.names)))
    done = run(bare)
    assert done.returncode == 0, done.stderr
    assert float(done.stderr.removeprefix("The board of snapshot many differs by at most ").rstrip(".\n")) < 1e-9


def test_an_older_snapshot_is_made_as_it_was(arena, client, bare):
    snapshot = publish_snapshot(make_board(arena))
    for battle in arena.battles.all()[:20]:
        make_vote(battle, "b")
    assert publish_snapshot(snapshot.leaderboard) != snapshot
    Competitor.objects.filter(name="Kestrel").update(name="Falcon")
    download(client, snapshot, bare)
    assert_rebuilt(snapshot, run(bare))


def test_an_older_python_is_told_what_is_needed(arena, client):
    """Before it meets syntax that it does not know."""
    source = client.get(f"/api/v1/snapshots/{publish_snapshot(make_board(arena)).key}/rebuild.py").getvalue().decode()
    older = "import sys; sys.version_info, sys.version = (3, 11, 2), '3.11.2 (main)'\n"
    ran = subprocess.run([sys.executable, "-I", "-"], input=older + source, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr.strip()) == (1, "rebuild.py needs Python 3.12 or newer; this is 3.11.2")


def test_another_board_is_found_out(arena, client, bare):
    snapshot = publish_snapshot(make_board(arena))
    download(client, snapshot, bare)
    table = bare / "comparisons.csv"
    first, *rows = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text(first + "".join(rows[:-20]), encoding="utf-8")
    done = run(bare)
    assert (done.returncode, "differs by at most" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "comparisons.csv").unlink(), "No such file"),
        (lambda folder: (folder / "comparisons.csv").write_text("a,b\nx,y,z\n"), "row 1 has 3 cells"),
        (lambda folder: (folder / "board.json").write_text("[1"), "not the two files"),
        (lambda folder: rename(folder / "board.json", "Kestrel", "Falcon"), "'Kestrel' is none of the board's competitors"),
    ],
)
def test_files_that_do_not_belong_together_are_named(spoil, said, arena, client, bare):
    download(client, publish_snapshot(make_board(arena)), bare)
    spoil(bare)
    done = run(bare)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def rename(path, old, new):
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


# --- who may read it -----------------------------------------------------------------------------------------------------

FILES = ("comparisons.csv", "rebuild.py")


def status_of(client, address):
    """Once all of the answer was read: a table takes one of few places until then."""
    answer = client.get(address)
    answer.getvalue()
    return answer.status_code


@pytest.mark.parametrize("name", FILES)
def test_who_may_not_read_the_board_finds_none_of_its_files(name, client):
    arena, _, _ = make_judged(n_prompts=3, n_voted=2)
    snapshot = publish_snapshot(make_board(arena))
    address = f"/api/v1/snapshots/{snapshot.key}/{name}"
    type(arena).objects.update(board_visibility="accounts")
    assert status_of(client, address) == 404
    client.force_login(make_user())
    assert status_of(client, address) == 200
    type(arena).objects.update(board_visibility="staff")
    assert status_of(client, address) == 404


def test_comparisons_tell_no_text_and_no_voter(arena, client):
    snapshot = publish_snapshot(make_board(arena))
    told = client.get(f"/api/v1/snapshots/{snapshot.key}/comparisons.csv").getvalue().decode()
    assert told.splitlines()[0] == "a,b,outcome,weight,prompt"
    assert not any(text in told for text in Prompt.objects.values_list("key", flat=True))
    assert KeptSnapshot.objects.filter(snapshot=snapshot).exists()


def test_rows_that_tell_of_texts_are_for_readers_of_answers_while_no_pair_is_open(arena, client):
    snapshot = publish_snapshot(make_board(arena, method="style_controlled", covariates="length"))
    address = f"/api/v1/snapshots/{snapshot.key}/comparisons.csv"
    assert status_of(client, address) == 200
    open_to_somebody(arena)
    refused = client.get(address)
    assert (refused.status_code, "a voter has a pair open" in refused.json()["detail"]) == (409, True)
    type(arena).objects.update(content_visibility="staff")
    assert status_of(client, address) == 403
    client.force_login(make_user(is_staff=True))
    assert status_of(client, address) == 200


def open_to_somebody(arena):
    battle, voter = arena.battles.first(), arena.voters.first()
    voter.ballots.create(battle=battle, first_shown="a", propensity=0.5, served_at=battle.created_at)


def test_evidence_that_was_tampered_with_is_not_given_as_the_snapshot_s(arena, client):
    snapshot = publish_snapshot(make_board(arena))
    Snapshot.objects.filter(pk=snapshot.pk).update(evidence_hash="0" * 64, content_hash="1" * 64)
    refused = client.get(f"/api/v1/snapshots/{snapshot.key}/comparisons.csv")
    assert (refused.status_code, "no longer has the evidence" in refused.json()["detail"]) == (409, True)


def test_the_same_comparisons_are_not_read_again(arena, client):
    snapshot = publish_snapshot(make_board(arena))
    address = f"/api/v1/snapshots/{snapshot.key}/comparisons.csv"
    answer = client.get(address)
    answer.getvalue()
    assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_the_page_of_a_board_links_to_its_files(arena, client):
    snapshot = publish_snapshot(make_board(arena, is_default=True))
    for address in (arena.get_absolute_url(), snapshot.get_absolute_url()):
        page = client.get(address).content.decode()
        for name in FILES:
            assert f"/api/v1/snapshots/{snapshot.key}/{name}" in page
        assert f'href="/api/v1/snapshots/{snapshot.key}/?format=json" download="board.json"' in page


def test_the_program_holds_no_text_of_the_database(arena, client):
    snapshot = publish_snapshot(make_board(arena))
    Snapshot.objects.filter(pk=snapshot.pk).update(code_version='"""; import os')
    assert "import os" not in client.get(f"/api/v1/snapshots/{snapshot.key}/rebuild.py").getvalue().decode()[:3000]
