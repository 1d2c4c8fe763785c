"""What is stored or made for all is in one language, whoever is there when it is made; what a page shows is in its reader's."""

from typing import get_args

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.template import Context, Template
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import trans_real

from arena.config.api import endpoints
from arena.models import Battle
from judges.games.offline_games import offline_judge
from judges.models import Game
from judges.runs.planning import plan_judging
from judges.verdicts.combiner_texts import COMBINER_TEXTS, GAMES
from ranking.boards.asked.board_choice import Choice
from ranking.boards.empty_boards import _where
from ranking.comparisons.judges_set_aside import Measured
from ranking.models import Leaderboard
from ranking.views.filtering.filter_form import filter_form
from tests.factories import make_arena, make_battle, make_competitor, make_prompts, make_user
from tests.judges.judging_factories import make_pair
from tests.pseudo_language import LANGUAGE, PseudoCatalogue, accented
from tests.test_architecture import ROOT

SCHEMA = "/api/v1/schema/?format=json"


@pytest.fixture
def catalogue(monkeypatch, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Locale" not in name]  # the test says who reads
    monkeypatch.setitem(trans_real._translations, LANGUAGE, made := PseudoCatalogue())
    return made


@pytest.mark.django_db
def test_the_schema_is_in_one_language(client, catalogue):
    in_english = client.get(SCHEMA).content
    with translation.override(LANGUAGE):
        assert client.get(SCHEMA).content == in_english


def test_the_list_of_endpoints_is_in_one_language_whoever_reads_it_first(catalogue):
    endpoints.cache_clear()
    with translation.override(LANGUAGE):
        first = endpoints()
    endpoints.cache_clear()
    assert endpoints() == first


@pytest.mark.django_db
def test_the_reason_of_an_offline_game_is_stored_in_one_language(catalogue):
    arena, battle = make_pair("The capital is Canberra.", "It is Sydney.")
    battle.prompt.verifier = {"kind": "regex", "pattern": "(a+)+"}  # stored before verifiers were checked
    battle.prompt.save()
    with translation.override(LANGUAGE):
        plan_judging(arena, [offline_judge("regex")], [battle.pk])
    (reason,) = set(Game.objects.values_list("reason", flat=True))
    assert "repeats a repetition" in reason


@pytest.mark.django_db
def test_the_history_of_the_admin_keeps_names_in_one_language(catalogue, rf):
    arena = make_arena()
    battle = make_battle(make_competitor(arena, "x"), make_competitor(arena, "y"))
    request, shown = rf.get("/"), admin.site._registry[Battle]
    request.user = make_user("ann", is_staff=True)
    with translation.override(LANGUAGE):
        assert not str(battle).isascii()
        entries = [shown.log_addition(request, battle, ""), shown.log_change(request, battle, "")]
        entries += shown.log_deletions(request, Battle.objects.filter(pk=battle.pk))
    assert {entry.object_repr for entry in entries} == {f"battle {battle.pk}"}


@pytest.mark.django_db
def test_languages_are_named_in_the_language_of_the_reader():
    arena = make_arena()
    for code in ("en", "de"):
        make_prompts(arena, 30, language=code)
    board = Leaderboard(arena=arena, language="de")
    with translation.override("de"):
        assert Template("{% load languages %}{{ code|language_shown }}").render(Context({"code": "de"})) == "Deutsch"
        form = filter_form(arena, Choice(board, board), [board], None, AnonymousUser(), QueryDict())
        assert [(pick.name, [(each.value, each.text) for each in pick.options]) for pick in form.picks] == [
            ("language", [("de", "Deutsch"), ("en", "Englisch")])
        ]
        assert "Deutsch" in _where(board)


@pytest.mark.django_db
def test_the_rules_of_the_method_are_told_in_the_language_of_the_reader(client, catalogue):
    with translation.override(LANGUAGE):
        page = client.get(reverse("method")).text
        for name, text in COMBINER_TEXTS.items():
            assert name == GAMES or escape(accented(text.line)) in page


def test_all_that_is_known_of_a_juror_has_words_on_the_board():
    page = (ROOT / "templates/ranking/leaderboard.html").read_text()
    for measured in get_args(Measured.__value__):
        assert measured == "measured" or f'juror.measured == "{measured}" %}}{{% translate' in page
