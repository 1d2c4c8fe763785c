"""A whole arena leaves as one file and comes in as the same arena; a file from anywhere is checked before it is loaded."""

import gzip
import json
import zipfile

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from arena.bundles.checking import first_in_a_circle
from arena.bundles.kinds import all_kinds
from arena.bundles.loading import import_bundle
from arena.bundles.manifest import BundleRefused
from arena.bundles.writing import CannotExport, export_bundle
from arena.evidence.curation import _rows_of_an_arena
from arena.models import Arena, Attempt, Endpoint, Import, Run, Vote, Voter
from judges.models import Game, Judge
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.models import Leaderboard, Snapshot
from tests.factories import make_battle, make_competitor, make_prompt, make_vote
from tests.ranking.bundle_story import SECRETS, an_arena, board_of, empty_site, members_of, with_line, written

pytestmark = pytest.mark.django_db

COUNTED = ("arena", "judges", "ranking")
DERIVED = {"JudgeAudit", "ConstantAnswers", "PairTable"}
OF_PROGRAMS = {"Webhook", "Delivery"}  # addresses and secrets of a site
"""Made again from what is in the bundle."""


@pytest.fixture
def arena():
    return an_arena()


@pytest.fixture
def file(arena, tmp_path):
    export_bundle(arena, tmp_path / "fable.zip")
    return tmp_path / "fable.zip"


@pytest.fixture
def told(tmp_path_factory):
    """The members of a bundle; what they say does not rest on the database, so they are made once."""
    if not _kept:
        path = tmp_path_factory.mktemp("archive") / "fable.zip"
        export_bundle(an_arena(), path)
        _kept.update(members_of(path))
    return dict(_kept)


_kept = {}


def rows():
    """How many there are of everything."""
    return {model.__name__: model.objects.count() for app in COUNTED for model in apps.get_app_config(app).get_models()}


# --- out and in ------------------------------------------------------------------------------------------------------


def test_an_empty_site_has_the_same_arena_and_makes_the_same_boards(file, tmp_path):
    slugs = ["fable", "fable-judges", "fable-panel", "fable-both", "fable-davidson"]
    before = {slug: board_of(slug) for slug in slugs}
    hashes = dict(Snapshot.objects.values_list("leaderboard__slug", "content_hash"))
    empty_site()
    arrived = import_bundle(file)
    assert arrived.added == {"endpoints": ["provider"], "judges": ["Minos", "Minos"]}
    assert Vote.objects.filter(is_counted=False, set_aside_reason="a script").count() == 9
    export_bundle(arrived.arena, tmp_path / "again.zip")
    first, again = members_of(file), members_of(tmp_path / "again.zip")
    assert {name for name in first if first[name] != again[name]} == {"manifest.json"}  # made at another time
    for slug in slugs:
        board = Leaderboard.objects.get(slug=slug)
        rebuilt = rebuild(board.newest_snapshot())
        assert rebuilt.same_evidence
        assert rebuilt.largest_difference < 1e-9
        board.snapshots.all().delete()
        assert publish_snapshot(board).content_hash == hashes[slug]
        told = board_of(slug)
        assert told.keys() == before[slug].keys()
        for name, values in before[slug].items():
            assert told[name] == pytest.approx(values, abs=1e-9, nan_ok=True) or told[name] == values


def test_it_comes_in_beside_itself_under_another_name(file):
    before = rows()
    with pytest.raises(BundleRefused, match=r"has an arena 'fable' already: .* --slug"):
        import_bundle(file)
    assert rows() == before
    arrived = import_bundle(file, slug="fable-2")
    assert (arrived.added, arrived.reused) == ({}, {"endpoints": ["provider"], "judges": ["Minos", "Minos"]})
    assert Endpoint.objects.get().key_name == SECRETS[1]  # this site's own, as it was
    board = Leaderboard.objects.get(slug="fable-2-judges")
    assert board.jury == Leaderboard.objects.get(slug="fable-judges").jury
    assert rebuild(board.newest_snapshot()).same_evidence
    assert Attempt.objects.filter(key__startswith="attempt-").count() == 19
    assert Attempt.objects.count() == 38


def test_an_archive_can_come_in_for_curators_alone(file, capsys):
    call_command("import_archive", str(file), slug="fable-2", curators_only=True)
    assert "Curators alone see it, and voting is closed" in capsys.readouterr().out
    copy = Arena.objects.get(slug="fable-2")
    assert (copy.board_visibility, copy.content_visibility, copy.voting) == ("curators", "curators", "closed")


def test_new_rows_follow_those_that_came_in(file):
    """Ids and places in the ledger that were given are not given again."""
    empty_site()
    arrived = import_bundle(file)

    for _ in range(3):
        make_vote(make_battle(make_competitor(arrived.arena), make_competitor(arrived.arena), make_prompt(arrived.arena)))
    snapshot = publish_snapshot(Leaderboard.objects.get(slug="fable"))
    assert snapshot.n_votes == 21
    assert rebuild(Snapshot.objects.filter(leaderboard=snapshot.leaderboard).order_by("pk").first()).same_evidence


def test_it_holds_nothing_of_accounts_keys_or_who_voted(file):
    content = b"".join(members_of(file).values()).decode()
    assert not [secret for secret in (*SECRETS, "/secret") if secret in content]
    empty_site()
    arrived = import_bundle(file)
    assert set(Voter.objects.filter(arena=arrived.arena).values_list("user", flat=True)) == {None}
    assert sorted(Voter.objects.values_list("key", flat=True)) == ["archive-1", "archive-2", "archive-3"]
    endpoint = Endpoint.objects.get()
    assert endpoint.key_name == ""
    assert "without a key" in endpoint.paused_because


def test_what_goes_on_is_over_where_it_comes_in(file):
    empty_site()
    import_bundle(file)
    assert Run.objects.get().state == Run.State.CANCELLED
    assert Run.objects.get().plan["authors"].keys() == {str(Arena.objects.get().competitors.get(name="=Heron").pk)}
    assert Attempt.objects.filter(state=Attempt.State.LOST).count() == 1
    assert not Run.objects.get().calls.filter(state="waiting").exists()


def test_judges_keep_which_of_them_is_the_newest(file):
    empty_site()
    import_bundle(file)
    assert Judge.objects.get(version=1).superseded_by == Judge.objects.get(version=2)


def test_every_row_and_field_of_an_arena_is_in_it_or_left_out_by_name():
    kinds = {kind.model: kind for kind in all_kinds()}
    assert {model.__name__ for model, _path in _rows_of_an_arena() if model not in kinds} == DERIVED | OF_PROGRAMS
    for kind in kinds.values():
        told = {*kind.fields, *kind.left_out, kind.arena_field, kind.meta.pk.name}
        assert {field.name for field in kind.meta.local_concrete_fields} - told == set(), kind.member
        assert not set(kind.fields) & set(kind.left_out)


def test_an_import_that_is_under_way_is_waited_for(arena, tmp_path):
    Import.objects.filter(arena=arena).update(state=Import.State.LOADING)
    with pytest.raises(CannotExport, match=r"votes\.csv is under way"):
        export_bundle(arena, tmp_path / "x.zip")
    assert not list(tmp_path.glob("*.zip"))


# --- what is refused -------------------------------------------------------------------------------------------------

WRONG = {
    "a word that is not allowed": ("votes.jsonl", 3, {"outcome": "c"}, "outcome is 'c'; one of these is allowed: a, b"),
    "a line that is not there": ("battles.jsonl", 2, {"competitor_b": 9}, "competitor_b is 9; a line of competitors.jsonl"),
    "no number": ("battles.jsonl", 1, {"propensity": "much"}, "propensity is 'much'; Input should be a valid number"),
    "a number too large": ("runs.jsonl", 1, {"spent": 2**70}, "a whole number from 0 to"),
    "a field of nobody": ("voters.jsonl", 1, {"is_superuser": True}, "there is no field is_superuser; it has these: kind"),
    "pages for readers": ("responses.jsonl", 1, {"html": "<script>"}, "there is no field html"),
    "U+0000": ("prompts.jsonl", 1, {"reference": "a\0"}, "without the character U\\+0000"),
    "half a character": ("prompts.jsonl", 1, {"turns": ["\ud800"]}, "halves of pairs"),
    "turns that are none": ("prompts.jsonl", 2, {"turns": [1]}, "0: Input should be a valid string"),
    "a method of nobody": ("snapshots.jsonl", 1, {"method": "zzz"}, "Input should be 'bradley_terry'"),
    "a share above one": ("arena.jsonl", 1, {"asked_share": 55}, "less than or equal to 1"),
    "a chance above one": ("battles.jsonl", 1, {"propensity": 9}, "less than or equal to 1"),
    "a level above one": ("boards.jsonl", 1, {"level": 7}, "less than 1"),
    "no moment": ("votes.jsonl", 1, {"voted_at": "yesterday"}, "a moment with its time zone"),
    "a text too long": ("competitors.jsonl", 1, {"name": "x" * 201}, "at most 200 characters"),
    "null": ("competitors.jsonl", 1, {"name": None}, "it may not be null"),
    "a slug with a path": ("arena.jsonl", 1, {"slug": "../x"}, "slug is '../x'"),
    "a juror that is not there": ("boards.jsonl", 2, {"jury": "77"}, "names what is not in the file"),
    "parameters of another site": (
        "snapshots.jsonl",
        1,
        {"parameters": {"level": 0.9, "without": [77]}},
        "names what is not in the file",
    ),
    "a pair the wrong way round": (
        "battles.jsonl",
        1,
        {"competitor_a": 2, "competitor_b": 1},
        "competitor_a, competitor_b do not fit each other",
    ),
    "a second vote of a voter": ("votes.jsonl", 2, {"battle": 1, "voter": 1}, "battle, voter: another line has this already"),
    "a prompt's hash of another text": (
        "prompts.jsonl",
        1,
        {"content_hash": "0" * 32},
        "content_hash is '0+'; by its text it has",
    ),
    "an answer's hash of another text": ("responses.jsonl", 2, {"content_hash": "0" * 32}, "content_hash is '0+'; by its text"),
    "an unknown verifier": ("prompts.jsonl", 1, {"verifier": {"kind": "magic"}}, "verifier is {'kind': 'magic'}; .*magic"),
    "an answer that replaces itself": ("responses.jsonl", 2, {"superseded_by": 2}, "superseded_by is 2; that line leads back"),
    "a judge that replaces itself": ("judges.jsonl", 1, {"superseded_by": 1}, "superseded_by is 1; that line leads back"),
    "parameters of a card that are none": ("judges.jsonl", 1, {"parameters": {"margin": "x"}}, "margin"),
    "taints that are none": ("games.jsonl", 1, {"taints": [5]}, "taints is .*valid string"),
    "criteria that are none": ("checklists.jsonl", 1, {"criteria": [{"weight": 1}]}, "0.text: Field required"),
    "covariates of nobody": ("boards.jsonl", 1, {"covariates": "charm"}, "covariates is 'charm'; .*charm"),
    "a number of 400 digits": ("arena.jsonl", 1, {"asked_share": 10**400}, "asked_share is 10+.*; a number from"),
    "an infinite number in JSON": ("runs.jsonl", 1, {"plan": {"x": 10**400}}, "a number that is too large"),
    "a cost that is none": ("games.jsonl", 1, {"cost": 2**62}, "less than or equal to 10000000000"),
    "a price that is none": ("competitors.jsonl", 1, {"price_in": 2**62}, "a whole number from 0 to 10{15} is"),
    "a rating that is none": ("entries.jsonl", 1, {"rating": 1e308}, "rating is 1e\\+308; a number from"),
    "rows left out that are none": ("imports.jsonl", 1, {"report": {"left_out": [["x", "y", "z"]]}}, "left_out.0"),
    "codes of notes that are none": ("snapshots.jsonl", 1, {"note_codes": [{"a": 1}]}, "0: Input should be a valid string"),
    "parameters of notes that are none": ("snapshots.jsonl", 1, {"note_parameters": [5]}, "valid dictionary"),
    "a level that is not there": ("snapshots.jsonl", 1, {"parameters": {}}, "level: Field required"),
    "sources of nobody": ("snapshots.jsonl", 1, {"parameters": {"level": 0.9, "sources": "x"}}, "sources: .*people"),
    "judges without a rule": ("snapshots.jsonl", 1, {"parameters": {"level": 0.9, "sources": "both"}}, "a combiner is needed"),
    "numbers that are no numbers": ("boards.jsonl", 2, {"jury": "one"}, "in a way that Agon does not write"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_line_is_named_and_nothing_comes_in(told, tmp_path, name):
    member, number, values, why = WRONG[name]
    before = rows()
    other = written(tmp_path / "other.zip", with_line(told, member, number, **values))
    with pytest.raises(BundleRefused, match=rf"^{member}, line {number}: .*{why}"):
        import_bundle(other, slug="other")
    assert rows() == before


def test_answers_that_replace_each_other_in_a_circle_are_refused(told, tmp_path):
    members = with_line(with_line(told, "responses.jsonl", 1, superseded_by=3), "responses.jsonl", 3, superseded_by=1)
    with pytest.raises(BundleRefused, match=r"^responses\.jsonl, line 1: superseded_by is 3; that line leads back"):
        import_bundle(written(tmp_path / "other.zip", members), slug="other")


@pytest.mark.parametrize(
    ("named", "first"), [({}, None), ({1: 2, 2: 3}, None), ({1: 1}, 1), ({5: 1, 1: 2, 2: 1}, 1), ({1: 9, 9: 8, 8: 9}, 9)]
)
def test_a_circle_is_told_by_its_first_line(named, first):
    assert first_in_a_circle(named) == first


def test_a_judge_of_a_made_up_identity_is_nobody_elses(file, tmp_path):
    other = written(tmp_path / "other.zip", with_line(members_of(file), "judges.jsonl", 1, template="Say A."))
    with pytest.raises(BundleRefused, match=r"^judges.jsonl, line 1: this site has another judge of this identity"):
        import_bundle(other, slug="other")


def changed(members, tmp_path, name):
    path = tmp_path / "other.zip"
    if name == "a byte":
        return written(path, members | {"votes.jsonl": members["votes.jsonl"].replace(b'"so"', b'"no"')}, rehashed=False)
    if name == "a line more":
        return written(path, members | {"votes.jsonl": members["votes.jsonl"] + b"{}\n"}, rehashed=False)
    if name == "no JSON":
        return written(path, members | {"voters.jsonl": b"{" + members["voters.jsonl"]})
    if name == "brackets":
        return written(path, members | {"voters.jsonl": b"[" * 100_000 + b"\n"})
    if name == "a path":
        return written(path, members, extra=(("../../etc/passwd", b"x"),))
    if name == "no member":
        return written(path, {other: content for other, content in members.items() if other != "votes.jsonl"})
    if name == "a bomb":
        return written(path, members | {"voters.jsonl": b" " * 30_000_000 + b"\n"})
    if name == "a newer format":
        return written(path, members | {"manifest.json": members["manifest.json"].replace(b'"format": 1', b'"format": 2')})
    path.write_bytes({"no zip": b"PK\x03\x04 and nothing", "a backup": gzip.compress(b"a tar")}.get(name, b""))
    return path


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a byte", "votes.jsonl is not what the manifest says"),
        ("a line more", "votes.jsonl has .* bytes, and the manifest says"),
        ("no JSON", "voters.jsonl, line 1: it is no JSON"),
        ("brackets", "voters.jsonl, line 1: too many brackets"),
        ("a path", "'../../etc/passwd' is no member"),
        ("no member", "votes.jsonl is missing"),
        ("a bomb", "voters.jsonl grows more than 1,000 times"),
        ("a newer format", "format 2, this Agon reads 1"),
        ("no zip", "no zip, or it was cut off"),
        ("nothing", "no zip, or it was cut off"),
        ("a backup", "packed by gzip, as backups are: `restore` reads those"),
    ],
)
def test_a_file_that_was_changed_is_refused(told, tmp_path, name, why):
    before = rows()
    with pytest.raises(BundleRefused, match=why):
        import_bundle(changed(told, tmp_path, name), slug="other")
    assert rows() == before


def test_the_command_refuses_a_file_as_a_wrong_call(tmp_path):
    with pytest.raises(CommandError) as caught:
        call_command("import_archive", str(changed({}, tmp_path, "a backup")))
    assert caught.value.returncode == 2


def test_an_import_that_ends_early_leaves_nothing(file):
    before = rows()

    def stop(step, member, done, total):
        if (step, member) == ("load", "entries"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_bundle(file, slug="other", say=stop)
    assert rows() == before


def test_commands_say_what_came_and_what_is_next(file, capsys, tmp_path):
    call_command("export", "--all", "--arena", "fable", "--to", str(tmp_path / "x.zip"))
    assert "4 prompts, 9 battles, 27 votes, 18 games of judges, 5 snapshots." in capsys.readouterr().out
    assert (tmp_path / "x.zip").stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match="exists already"):
        call_command("export", "--all", "--arena", "fable", "--to", str(tmp_path / "x.zip"))
    with pytest.raises(CommandError, match=r"--arena fabel: no such arena. Available: .*fable"):
        call_command("export", "--all", "--arena", "fabel", "--to", str(tmp_path / "y.zip"))
    with pytest.raises(CommandError, match="nothing was imported: this site has an arena 'fable'"):
        call_command("import_archive", str(file))
    empty_site()
    call_command("import_archive", str(file))
    said = capsys.readouterr().out
    assert "5 boards with the same evidence as the newest snapshot." in said
    assert "New endpoints have no key and are paused" in said
    assert Game.objects.count() == 18


def test_the_manifest_says_what_boards_counted(file):
    with zipfile.ZipFile(file) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
    hashes = {board["slug"]: board["content_hash"] for board in manifest["boards"]}
    assert hashes == dict(Snapshot.objects.values_list("leaderboard__slug", "content_hash"))
    assert manifest["members"]["votes.jsonl"]["rows"] == 27
