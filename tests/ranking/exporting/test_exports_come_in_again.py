"""An arena that leaves table by table comes in again on an empty site: the same games and labels, the same boards."""

import csv
import io
import re
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from arena.evidence.curation import set_aside_import
from arena.importing.loading.loader import load
from arena.models import Arena, Import, Lot
from judges.judge_choices import choose_judge
from judges.models import Game, GoldItem, GoldSet, Judge
from ranking.models import Leaderboard, Snapshot
from tests.arena.exporting.taking_out import by_content, file_of
from tests.factories import make_user
from tests.ranking.bundle_story import an_arena, board_of, empty_site, publish_boards

pytestmark = pytest.mark.django_db
COMMANDS = {
    "prompts": "import_prompts", "answers": "import_responses", "battles": "import_battles", "votes": "import_battles",
    "games": "import_judgements", "gold-labels": "import_gold",
}  # fmt: skip
FORMS = ("csv", "jsonl", "parquet")


@pytest.fixture
def left(tmp_path_factory):
    """What was there, and its files in every form; made once."""
    if not _kept:
        folder, arena = tmp_path_factory.mktemp("exports"), an_arena()
        _vary(arena)
        _kept["rows"] = {table: by_content(table, arena) for table in COMMANDS}
        _kept["files"] = {(table, form): file_of(table, arena, form, folder) for table in COMMANDS for form in FORMS}
        Leaderboard.objects.all().delete()
        publish_boards(arena, Judge.objects.get(version=1))
        _kept["boards"] = {slug: board_of(slug) for slug in Leaderboard.objects.values_list("slug", flat=True)}
        _kept["hashes"] = hashes()
    empty_site()
    return _kept


_kept = {}


def _vary(arena):
    """Games that are set aside, without a verdict, with a reference, and asked twice; a label that does not count."""
    changes = (
        {"is_counted": False, "set_aside_reason": "=a bug"}, {"reference_given": True, "cost": 1_234},
        {"winner": "", "state": "unparsable", "label": "", "reason": "No label."}, {"repeat": 1},
        {"strength": 2, "score_first": 9.5, "score_second": 1 / 3},
    )  # fmt: skip
    games = Game.objects.order_by("pk")
    for game, change in zip(games, changes, strict=False):
        Game.objects.filter(pk=game.pk).update(**change)
    Game.objects.filter(pk=games[5].pk).update(call=None, run=None, reply="'=1+1 – \n[[A]]")
    GoldItem.objects.filter(pk=GoldItem.objects.first().pk).update(is_counted=False, note="line 1", order="ba")
    GoldSet.objects.update(origin="Three experts each")
    _without_lots()
    arena.gold_sets.create(name="a second set").items.create(battle=arena.battles.last(), label="tie")


def _without_lots():
    """Which battles voters are asked about, each site draws for itself; an archive alone brings what was drawn."""
    Arena.objects.update(asked_share=0)
    Lot.objects.all().delete()


def hashes():
    return dict(Snapshot.objects.values_list("leaderboard__slug", "content_hash"))


def brought(left, form, *tables):
    said = {}
    for table in tables or COMMANDS:
        out = StringIO()
        call_command(COMMANDS[table], str(left["files"][table, form]), "--arena", "fable", stdout=out)
        said[table] = out.getvalue()
    return said


@pytest.mark.parametrize("form", FORMS)
def test_boards_are_the_same_on_an_empty_site(left, form):
    said = brought(left, form)
    assert "18 of 18 games were new" in said["games"]
    assert "Gold sets of the file: experts; a second set." in said["gold-labels"]
    arena = Arena.objects.get(slug="fable")
    for table in COMMANDS:
        assert by_content(table, arena) == left["rows"][table], table
    judge = Judge.objects.get()
    assert (judge.name, judge.identity, judge.kind) == ("Minos", "1" * 64, Judge.Kind.IMPORTED)
    choose_judge(arena, judge, "include", "it was looked at", None)
    _without_lots()
    publish_boards(arena, judge)
    assert hashes() == left["hashes"]
    for slug, before in left["boards"].items():
        after = board_of(slug)
        assert after.keys() == before.keys()
        for name, values in before.items():
            assert after[name] == pytest.approx(values, abs=1e-9, nan_ok=True) or after[name] == values, slug


def saved_elsewhere(table):
    """As pandas writes an index and whole numbers with gaps, and Excel truth, semicolons, line ends and its mark of UTF-8."""
    head, *rows = csv.reader(io.StringIO(table, newline=""))
    gaps = [at for at in range(len(head)) if any(not row[at] for row in rows)]
    number = re.compile(r"\d+")
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["", *head])
    for n, row in enumerate(rows):
        cells = [f"{cell}.0" if at in gaps and number.fullmatch(cell) else cell for at, cell in enumerate(row)]
        writer.writerow([n, *({"true": "TRUE", "false": "FALSE"}.get(cell, cell) for cell in cells)])
    return f"\ufeff{out.getvalue()}"


def test_tables_that_other_programs_saved_come_in_as_they_were(left, tmp_path):
    files = {}
    for table in COMMANDS:
        files[table, "csv"] = tmp_path / f"{table}.csv"
        files[table, "csv"].write_bytes(saved_elsewhere(left["files"][table, "csv"].read_text(newline="")).encode())
    brought({"files": files}, "csv")
    arena = Arena.objects.get(slug="fable")
    for table in COMMANDS:
        assert by_content(table, arena) == left["rows"][table], table


def test_the_same_files_again_add_nothing(left):
    brought(left, "csv")
    before = Game.objects.count(), GoldItem.objects.count()
    said = brought(left, "jsonl", "games", "gold-labels")
    assert "0 of 18 games were new" in said["games"]
    assert (Game.objects.count(), GoldItem.objects.count()) == before


def test_games_find_their_battles_by_the_answers_where_the_battles_are_not_here(left):
    brought(left, "csv", "prompts", "answers", "games", "gold-labels")
    assert Game.objects.count() == 18
    assert {battle.votes.count() for battle in Arena.objects.get(slug="fable").battles.all()} == {0}
    brought(left, "csv", "games")
    assert Game.objects.count() == 18


def test_games_of_an_arena_that_is_not_here_are_refused(left):
    for table in ("games", "gold-labels"):
        with pytest.raises(CommandError, match="no row names a battle of fable: import its prompts"):
            brought(left, "jsonl", table)
    assert not Judge.objects.exists()


def test_the_page_takes_exported_games_and_labels_too(left, client):
    brought(left, "csv", "prompts", "answers", "battles")
    client.force_login(make_user("curator", is_staff=True))
    for table in ("games", "gold-labels"):
        upload = SimpleUploadedFile(f"{table}.csv", left["files"][table, "csv"].read_bytes())
        page = client.post(reverse("imports"), {"file": upload, "arena": "fable"})
        token = re.search(r'name="confirm" value="([^"]+)"', page.text)[1]
        client.post(reverse("imports"), {"confirm": token})
        source = Import.objects.order_by("pk").last()
        load(source.pk)
        source.refresh_from_db()
        assert source.state == "published", source.report
        assert by_content(table, source.arena) == left["rows"][table]
    set_aside_import(source, "a wrong file", None)
    assert not GoldItem.objects.counted().exists()


@pytest.mark.parametrize(("table", "kind"), [("games", "judgements"), ("gold-labels", "gold labels")])
def test_what_judges_said_is_not_taken_for_votes(left, table, kind):
    with pytest.raises(CommandError, match=f"which looks like .*{kind}.*: import it as that"):
        call_command("import_battles", str(left["files"][table, "csv"]), "--arena", "fable", stdout=StringIO())
