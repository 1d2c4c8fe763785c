"""Judgements and gold labels on the import page: recognised, checked, shown as they will be stored, and undone as a whole."""

import re
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from arena import tasks
from arena.evidence import curation
from arena.importing.kinds import kinds_of_rooms
from arena.importing.loading.loader import load
from arena.models import Arena, Event, Import, Vote
from judges.games.curation import set_aside_games
from judges.models import Game, GoldAnswer, GoldItem
from tests.arena.importing.import_files import as_csv, lines, write
from tests.factories import make_user

pytestmark = pytest.mark.django_db
JUDGED = {
    "prompt": "Why is the sky blue?",
    "answer_a": "Because.",
    "answer_b": "It scatters light.",
    "order": "ab",
    "label": "b",
}
OWN_LABELS = {"prompt": "Why is the sky blue?", "answer_a": "Because.", "answer_b": "It scatters light.", "label": "b"}
GOLD = {"prompt": "Why is the sky blue?", "answer_a": "Because.", "answer_b": "It scatters light.", "gold": "b"}


@pytest.fixture
def curator(client, monkeypatch):
    monkeypatch.setattr(tasks.load_import, "delay", lambda pk: None)
    client.force_login(make_user("curator", is_staff=True))
    return client


def upload(client, content, *, name="file.csv", **fields):
    file = SimpleUploadedFile(name, content.encode())
    return client.post(reverse("imports"), {"file": file, "new_arena": "Trial", **fields})


def confirm(client, page):
    token = re.search(r'name="confirm" value="([^"]+)"', page.text)[1]
    client.post(reverse("imports"), {"confirm": token})
    source = Import.objects.get()
    load(source.pk)
    source.refresh_from_db()
    return source


def test_judgements_are_recognised_with_the_reason_and_shown_as_they_will_be_stored(curator):
    page = upload(curator, as_csv(JUDGED | {"judge": "careful"})).text
    assert "Read by the format pairs, because of the columns prompt, answer_a, answer_b, label." in page
    assert re.search(r"<dt>Games</dt>\s*<dd>1</dd>", page)
    assert "The first rows as they will be stored" in page
    assert '<th scope="col">Verdict</th>' in page
    assert "second shown" in page
    assert "manage.py import_judgements file.csv --arena trial" in page
    assert not Arena.objects.exists()
    assert not Game.objects.exists()


def test_judgements_come_in_and_are_set_aside_and_restored_as_a_whole(curator):
    source = confirm(curator, upload(curator, as_csv(JUDGED), judge="careful"))
    assert (source.state, source.kind, source.n_added) == ("published", "judgements", 1)
    assert str(Game.objects.get().judge.name) == "careful"
    page = curator.get(reverse("import", args=[source.pk])).text
    assert "Set all its verdicts aside" in page
    curator.post(reverse("import", args=[source.pk]), {"act": "set_aside", "reason": "wrong file"})
    assert not Game.objects.get().is_counted
    assert "its verdicts count nowhere." in curator.get(reverse("import", args=[source.pk])).text
    curator.post(reverse("import", args=[source.pk]), {"act": "restore"})
    assert Game.objects.get().is_counted


def test_a_game_that_was_set_aside_by_itself_stays_so_when_its_import_is_restored(curator):
    rows = as_csv(JUDGED, JUDGED | {"prompt": "Why is grass green?"})
    source = confirm(curator, upload(curator, rows))
    own = Game.objects.order_by("pk").first()
    set_aside_games(Game.objects.filter(pk=own.pk), "odd", None)
    curation.set_aside_import(source, "wrong file", None)
    assert not Game.objects.filter(is_counted=True).exists()
    curation.restore_import(source, None)
    assert list(Game.objects.filter(is_counted=False)) == [own]


def test_labels_come_in_as_a_gold_set_and_are_undone_as_a_whole(curator):
    source = confirm(curator, upload(curator, as_csv(GOLD), gold="experts"))
    item = GoldItem.objects.get()
    assert (item.gold_set.name, item.source, source.n_added) == ("experts", source, 1)
    curation.set_aside_import(source, "wrong file", None)
    assert not GoldItem.objects.counted().exists()
    curation.restore_import(source, None)
    assert GoldItem.objects.counted().exists()
    assert Event.objects.filter(kind=Event.Kind.GOLD_LABELLED).count() == 3


def test_labels_of_single_answers_that_were_set_aside_before_stay_so(curator):
    rows = [{"prompt": "2 + 3?", "answer": "5", "is_right": True}, {"prompt": "2 + 3?", "answer": "6", "is_right": False}]
    source = confirm(curator, upload(curator, lines(*rows), name="file.jsonl"))
    assert GoldAnswer.objects.filter(source=source).count() == 2
    first = GoldAnswer.objects.order_by("pk").first()
    GoldAnswer.objects.filter(pk=first.pk).update(is_counted=False)
    curation.set_aside_import(source, "wrong file", None)
    curation.restore_import(source, None)
    assert list(GoldAnswer.objects.filter(is_counted=False)) == [first]


def test_columns_with_other_names_are_mapped_by_hand_with_what_their_values_mean(curator):
    file = as_csv({"q": "Why?", "left": "Because.", "right": "It scatters light.", "who": "zuerst"})
    page = upload(curator, file, what="judgements:").text
    assert "Which column holds what?" in page
    held = re.search(r'name="held" value="([^"]+)"', page)[1]
    chosen = {"held": held, "columns_of": "judgements", "new_arena": "Trial", "map-prompt": "0", "map-answer_a": "1",
              "map-answer_b": "2", "map-label": "3", "values_of": "3", "value-0": "a"}  # fmt: skip
    source = confirm(curator, curator.post(reverse("imports"), chosen))
    assert source.layout == "mapped"
    assert Game.objects.get().winner == "first"


def test_a_file_of_pairs_and_their_winner_alone_is_one_of_battles_and_says_what_else_it_could_be(curator):
    file = as_csv({"question": "Why?", "answer_a": "So.", "answer_b": "No.", "better": "a"})
    page = upload(curator, file).text
    assert re.search(r"<dt>What it holds</dt>\s*<dd>battles and votes</dd>", page)
    assert "By its columns the file could also hold gold labels: if it does, import it as gold labels." in page


@pytest.mark.parametrize(("kind", "counted"), [("labels", GoldItem), ("battles", Vote)])
def test_a_column_called_label_is_a_gold_label_or_a_vote_as_its_owner_says(curator, kind, counted):
    page = upload(curator, as_csv(OWN_LABELS))
    assert page.status_code == 422
    assert "say whether it holds gold labels" in page.text.lower()
    assert not Import.objects.exists()
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text.split('value="labels:"')[0]))
    checked = curator.post(reverse("imports"), {**sent, "what": f"{kind}:"})
    confirm(curator, checked)
    assert counted.objects.count() == 1
    assert GoldItem.objects.count() + Vote.objects.count() == 1


def test_a_file_with_label_and_voters_is_one_of_votes(curator):
    page = upload(curator, as_csv(OWN_LABELS | {"annotator": "ann"})).text
    assert re.search(r"<dt>What it holds</dt>\s*<dd>battles and votes</dd>", page)


def test_at_the_command_line_label_is_read_as_votes_only_where_somebody_says_so(tmp_path):
    file = write(tmp_path, as_csv(OWN_LABELS), "labels.csv")
    with pytest.raises(CommandError, match=r"import_gold.*--format pairs"):
        call_command("import_battles", str(file), "--arena", "trial")
    assert not Arena.objects.exists()
    call_command("import_battles", str(file), "--arena", "trial", "--format", "pairs", stdout=StringIO())
    assert Vote.objects.count() == 1


def test_problems_of_judgements_are_told_by_line(curator):
    page = upload(curator, as_csv(JUDGED | {"order": "sideways"}))
    assert page.status_code == 422
    assert "sideways" in page.text
    assert not Arena.objects.exists()


@pytest.mark.parametrize("kind", ["judgements", "labels"])
def test_the_samples_come_in_as_they_are(curator, kind):
    sample = curator.get(reverse("import-sample", args=[kind])).text
    assert sample in {room.sample for _kind, room in kinds_of_rooms()}
    source = confirm(curator, upload(curator, sample))
    assert (source.kind, source.state, source.n_added) == (kind, "published", 2)
