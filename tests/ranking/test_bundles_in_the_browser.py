"""A whole arena goes out by its Exports page and over REST, and comes in by a page for superusers."""

import io
import zipfile
from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from arena import tasks
from arena.bundles.loading import import_bundle
from arena.bundles.uploads import _is_here, bring_in
from arena.evidence.curation import delete_arena
from arena.importing.files import receiving
from arena.leases import LeaseLost
from arena.models import ArchiveUpload, Arena, Import
from tests.factories import make_user
from tests.ranking.bundle_story import an_arena, members_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    return an_arena()


def signed_in(**kind):
    client = Client()
    client.force_login(make_user(**kind))
    return client


def downloaded(client, arena):
    answer = client.get(reverse("api-arena-archive", args=[arena.slug]))
    return answer, b"".join(answer.streaming_content)


@pytest.fixture
def superuser(monkeypatch):
    monkeypatch.setattr(tasks.load_bundle, "delay", lambda pk: None)
    return signed_in(is_staff=True)


def upload(client, content, **fields):
    return client.post(reverse("archives"), {"file": SimpleUploadedFile("fable.zip", content), **fields})


def test_a_curator_has_the_whole_arena_with_its_size_and_a_visitor_has_not(arena, tmp_path):
    page = signed_in(is_staff=True).get(reverse("exports", args=[arena.slug])).text
    assert "The whole arena" in page
    assert reverse("api-arena-archive", args=[arena.slug]) in page
    answer, content = downloaded(signed_in(is_staff=True), arena)
    assert int(answer["Content-Length"]) == len(content)
    (tmp_path / "fable.zip").write_bytes(content)
    assert "votes.jsonl" in members_of(tmp_path / "fable.zip")
    refused = signed_in().get(reverse("api-arena-archive", args=[arena.slug]))
    assert refused.status_code == 403
    assert "curators" in refused.json()["detail"]
    assert Client().get(reverse("api-arena-archive", args=[arena.slug])).status_code == 401


def test_an_import_under_way_is_waited_for(arena):
    Import.objects.create(arena=arena, kind="prompts", format="csv", filename="late.csv", digest="0" * 64)
    client = signed_in(is_staff=True)
    assert "late.csv is under way" in client.get(reverse("exports", args=[arena.slug])).text
    assert client.get(reverse("api-arena-archive", args=[arena.slug])).status_code == 409


def test_it_comes_in_under_another_name_and_the_page_says_what_came(arena, superuser):
    _answer, content = downloaded(signed_in(is_staff=True), arena)
    answer = upload(superuser, content, slug="again")
    source = ArchiveUpload.objects.get()
    assert answer.url == reverse("archive-upload", args=[source.pk])
    assert "lines checked" in superuser.get(answer.url).text
    assert bring_in(source.pk)
    page = superuser.get(answer.url).text
    assert "was imported as again" in page
    assert "5 boards with the evidence of the newest snapshot." in page
    assert "Curators alone see it, and voting is closed" in page
    copy = Arena.objects.get(slug="again")
    assert (copy.board_visibility, copy.content_visibility, copy.voting) == ("curators", "curators", "closed")
    assert arena.voting != "closed"
    assert not bring_in(source.pk)
    delete_arena(Arena.objects.get(slug="again"))
    assert "was imported as again" in superuser.get(answer.url).text


def fails(arena, version):
    raise KeyError("combiner")


def is_stopped(arena, version):
    raise KeyboardInterrupt


def test_an_arena_whose_boards_cannot_be_compared_came_in_all_the_same(arena, superuser, settings):
    _answer, content = downloaded(signed_in(is_staff=True), arena)
    upload(superuser, content, slug="again")
    source = ArchiveUpload.objects.get()
    settings.BOARDS_OF_ARRIVED = f"{__name__}.fails"
    assert bring_in(source.pk)
    page = superuser.get(reverse("archive-upload", args=[source.pk])).text
    assert "was imported as again" in page
    assert "Its boards could not be compared" in page


def test_a_worker_that_is_stopped_after_the_arena_came_in_leaves_it_to_the_next_to_say_so(arena, superuser, settings):
    _answer, content = downloaded(signed_in(is_staff=True), arena)
    upload(superuser, content, slug="again")
    source = ArchiveUpload.objects.get()
    settings.BOARDS_OF_ARRIVED = f"{__name__}.is_stopped"
    with pytest.raises(KeyboardInterrupt):
        bring_in(source.pk)
    ArchiveUpload.objects.update(n_attempts=9)
    assert bring_in(source.pk)
    source.refresh_from_db()
    assert (source.state, source.arena, source.error) == ("arrived", Arena.objects.get(slug="again"), "")
    assert any("was imported as again" in note for note in source.notes)


def test_a_worker_that_was_overtaken_brings_nothing_in(arena, superuser, settings):
    _answer, content = downloaded(signed_in(is_staff=True), arena)
    upload(superuser, content, slug="again")
    source = ArchiveUpload.objects.get()
    with pytest.raises(LeaseLost):
        import_bundle(receiving.upload_folder() / source.path, slug="again", with_it=partial(_is_here, source, "of yesterday"))
    assert not Arena.objects.filter(slug="again").exists()


def test_a_file_that_is_none_and_a_name_that_is_taken_are_refused_in_sentences(arena, superuser):
    assert "The file is no zip" in upload(superuser, b"no zip").text
    _answer, content = downloaded(signed_in(is_staff=True), arena)
    refused = upload(superuser, content)
    assert refused.status_code == 422
    assert f"This site has an arena &#x27;{arena.slug}&#x27; already" in refused.text
    assert not ArchiveUpload.objects.exists()


def test_a_bundle_whose_lines_were_changed_is_refused_by_the_worker_and_says_where(arena, superuser):
    _answer, content = downloaded(signed_in(is_staff=True), arena)
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"outcome":"a"', b'"outcome":"b"'))
    upload(superuser, changed.getvalue(), slug="changed")
    source = ArchiveUpload.objects.get()
    bring_in(source.pk)
    page = superuser.get(reverse("archive-upload", args=[source.pk])).text
    assert "votes.jsonl is not what the manifest says" in page.replace("Votes.jsonl", "votes.jsonl")
    assert not Arena.objects.filter(slug="changed").exists()


def test_the_page_is_for_superusers(arena):
    curator = make_user(is_staff=True)
    curator.is_superuser = False
    curator.save()
    client = Client()
    client.force_login(curator)
    assert client.get(reverse("archives")).status_code == 403
    assert Client().get(reverse("archives")).status_code == 302


def test_a_curator_who_is_no_superuser_is_told_for_whom_the_page_is():
    page = signed_in().get(reverse("archives"))
    assert page.status_code == 403
    assert "Only superusers can import whole arenas: ask whoever runs this site." in page.text
    assert "curators" not in page.text
