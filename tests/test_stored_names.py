"""A name that people could not see, or would mistake for another, is stored by no way."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db.models import CharField

from arena.bundles.fields import NotAllowed, check_of
from arena.importing.files.receiving import arena_for
from arena.models import ApiToken, Arena, Competitor, RemovedArena, WorkerSeen
from arena.models.names import NameField
from arena.views.accounts.account import TokenForm
from arena.views.importing.forms import UploadForm
from judges.models import Judge
from ranking.models import Leaderboard
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_competitor, make_user
from tests.judges.game_factories import make_endpoint
from tests.ranking.board_factories import make_board

NAMING = {"name", "organisation", "family"}
TAKEN_OVER = {RemovedArena, WorkerSeen}  # from an arena that was checked, and from Celery
SENTENCE = "may have no control, direction or invisible characters"
UNSEEN = ["\u202eabc", "ab\u2066c", "a\x07b", "a\u200bb", "\u3164"]


def named_fields():
    models = [model for app in ("arena", "judges", "ranking") for model in apps.get_app_config(app).get_models()]
    return [field for model in models if model not in TAKEN_OVER for field in model._meta.fields if field.name in NAMING]


def test_every_name_is_a_field_of_names():
    assert {field.model for field in named_fields()} >= {Arena, Competitor, Judge, Leaderboard, ApiToken}
    assert [field for field in named_fields() if isinstance(field, CharField) and not isinstance(field, NameField)] == []


@pytest.mark.parametrize("name", UNSEEN)
def test_archives_and_models_refuse_it(name):
    for field in named_fields():
        with pytest.raises(NotAllowed, match="a name"):
            check_of(field)(name)
        assert any("name" in str(fault) for fault in faults_of(field, name))


def faults_of(field, name):
    with pytest.raises(ValidationError) as raised:
        field.run_validators(name)
    return raised.value.messages


@pytest.mark.django_db
def test_programs_are_refused_it():
    program, arena, endpoint = make_program(), make_arena("garden"), make_endpoint()
    competitor, board = make_competitor(arena), make_board(arena)
    name, json = UNSEEN[0], {"content_type": "application/json"}
    answers = [
        post(program, "arenas/", {"slug": "new", "name": name}),
        post(program, "leaderboards/", {"arena": "garden", "slug": "new", "name": name}),
        post(program, "judges/", {"name": name, "endpoint": endpoint.name, "protocol": "pairwise"}),
        post(program, "judges/", {"name": "new", "endpoint": endpoint.name, "protocol": "pairwise", "family": name}),
        program.patch("/api/v1/arenas/garden/", {"name": name}, **json),
        program.patch(f"/api/v1/competitors/{competitor.pk}/", {"name": name}, **json),
        program.patch(f"/api/v1/competitors/{competitor.pk}/", {"organisation": name}, **json),
        program.patch(f"/api/v1/leaderboards/{board.slug}/definition/", {"name": name}, **json),
    ]
    assert [(answer.status_code, SENTENCE in answer.text) for answer in answers] == [(400, True)] * len(answers)


@pytest.mark.django_db
@pytest.mark.parametrize("name", UNSEEN)
def test_pages_commands_and_files_do_not_store_it(client, name):
    arena, curator = make_arena("garden"), make_user(is_staff=True)
    board = make_board(arena, is_asked=True, name="Asked")
    client.force_login(curator)
    kept = client.post(f"{arena.get_absolute_url()}keep/", {"board": board.slug, "name": name})
    assert (kept.status_code, "a name" in kept.text.lower()) == (400, True)
    assert Leaderboard.objects.get(pk=board.pk).name == "Asked"
    for form, field in ((TokenForm({"name": name}, user=curator), "name"), (UploadForm({"new_arena": name}), "new_arena")):
        assert form.has_error(field)
    with pytest.raises(CommandError, match="a name"):
        call_command("create_token", curator.username, name=name, scope=["read"])
    assert arena_for("by-file", name)[0].name == "by-file"
