"""Every text that a page shows can be translated: all pages are read in a language of accents, where English stands out."""

import ast
import json
import re
import shutil
import subprocess
from gettext import GNUTranslations
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import override_settings
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone, translation
from django.utils.dates import MONTHS, MONTHS_3, MONTHS_AP, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import trans_real

from arena.models import ArchiveUpload, Attempt, Ballot, Call, Import, Prompt, PromptPool, Response, Run
from arena.operations.one_time_login import make_link
from arena.templatetags import phrases
from judges.audits.refresh import audit_judge
from judges.games.offline_judges import OFFLINE_JUDGES
from judges.models import JudgeAudit
from ranking.boards.asked.filter_options import options_of
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.filters import Filters
from ranking.models import COVARIATES, Leaderboard
from ranking.views.filtering.weights_form import weights_form
from tests.arena.webhooks.receivers import make_message, make_webhook
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote, make_voter
from tests.judges.game_factories import make_endpoint, make_game, make_judge
from tests.pseudo_language import LANGUAGE, PseudoCatalogue, accented, english_in, has_words

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

# Names, marks of formats, and units, which are alike in every language; languages, which are named as their speakers do.
NAMES = frozenset({"Agon", "ms", "OpenAI", "YAML", "GET", "csv", "SmolLM", "Wilson", "Axes", "English", "Accents"})

# Pages that no GET shows, or that are not for people to read.
NO_PAGES = {
    "ballot-text": "the text of a prompt or an answer alone",
    "battle-text": "the text of a prompt or an answer alone",
    "import-sample": "a file for programs",
    "import-left-out": "a file for programs",
    "judge-figures": "a file for programs",
    "favicon": "a picture",
    "board-badge": "a picture",
    "board-card": "a picture",
    "board-feed": "a file for programs that read feeds",
    "healthz": "read by programs",
    "readyz": "read by programs",
    "metrics": "read by programs",
    "robots": "read by programs",
    "ask-for-board": "takes a POST, and leads to the board's page",
    "keep-board": "takes a POST, and leads to the board's page",
    "cast": "takes a vote, and shows the vote page's own strip",
    "undo": "takes a vote back, and shows the vote page's own strip",
    "judge-marked": "takes a choice, and leads back to the judge's page",
    "moment": "leads to the page of a snapshot, or to the board",
    "hide-steps": "takes a choice, and leads to the arenas",
    "set_language": "takes a choice, and leads back to the page",
    "logout": "takes a POST, and leads to the arenas",
}

# Keys that people choose by, beside the sentence of each: they are alike in commands, in exports and in every language.
KEYS = {"/runs/new/": frozenset({"pairwise", *(part for name in OFFLINE_JUDGES for part in name.split("_"))})}

# What the admin shows as it is stored, because programs read it so, or because curators of all languages share it.
STORED = {
    "admin:arena_endpoint": {"http://127.0.0.1:9/1/v1"},  # an address
    "admin:arena_webhook": {"http://127.0.0.1:9/1", "snapshot.published run.ended import.ended"},  # an address, and codes
    "admin:arena_delivery": {"http://127.0.0.1:9/1", "webhook.test"},
    "admin:arena_event": {"tie", "1 games"},  # the ledger reads the same for all
    "admin:arena_vote": {"tie"},  # likewise: the vote's events
    "admin:arena_import": {"llmfao"},  # the key of a format
    "admin:judges_judge": {"pairwise"},  # the key of a protocol
    "admin:ranking_snapshot": {"bradley_terry", "few_prompts", "prompt"},  # codes
}
KEYS |= {"admin:ranking_leaderboard": frozenset({"pairwise", *COVARIATES})}  # in sentences
KEYS |= {"admin:arena_webhook": frozenset({"http"})}  # in titles
HASH = re.compile(r"\b[0-9a-f]{12,64}\b")  # keys of snapshots, digests, and the commit in a version

# Django's admin reads its own icons of yes and no out as Python spells them, in every language.
ICONS = frozenset({"True", "False"})

# What is English for good, on a page that is translated otherwise.
IN_ENGLISH = {
    "method": "the library's own documentation, which programmers read as docstrings",
    "api-docs": "the descriptions of the REST schema, which programs are written by",
}


@pytest.fixture
def catalogue(settings, monkeypatch):
    settings.LANGUAGES = [("en", "English"), (LANGUAGE, "Accents")]
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Locale" not in name]
    place = settings.MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware") + 1
    settings.MIDDLEWARE.insert(place, "django.middleware.locale.LocaleMiddleware")
    monkeypatch.setitem(trans_real._translations, LANGUAGE, made := PseudoCatalogue())
    for remembered in (phrases._phrase, phrases._counted):
        remembered.cache_clear()
    yield made
    translation.deactivate()


@pytest.fixture
def everything():
    """One of each, with names in Greek letters, so that no word of them looks English; addresses of the pages by name."""
    arena = make_arena("x-1", name="Αρένα", voting="anyone", content_visibility="public", description="Ένα", guidelines="Δύο")
    a, b, c = (make_competitor(arena, name) for name in ("Άλφα", "Βήτα", "Γάμμα"))
    arena.competitors.exclude(pk=c.pk).update(price_in=1_000_000, price_out=2_000_000, organisation="Όμικρον", licence="Άδεια")
    make_competitor(arena, "Δέλτα", status="retired", archived_at=timezone.now(), archived_because="Τέλος")
    pool = PromptPool.objects.create(arena=arena, slug="q-1", name="Λίμνη")
    user = make_user("άννα")
    source = Import.objects.create(
        arena=arena, kind="battles", format="llmfao", filename="α.χ", path="x", digest="1", state="published",
        created_by=user, published_at=timezone.now(), n_rows=3, n_added=2,
    )  # fmt: skip
    judge = make_judge("Κριτής", endpoint=make_endpoint("Πύλη", model="μ", base_url="http://127.0.0.1:9/1/v1"))
    battles = []
    for number in range(8):
        prompt = make_prompt(arena, f"Γιατί {number};", key=f"{number}", category="λογική", pool=pool)
        for first, second in ((a, b), (b, c), (a, c)):
            battles.append(make_battle(first, second, prompt, with_answers=True, source=source))
            make_vote(battles[-1], "ab"[number % 2] if number % 3 else "tie", reasons=["correct"], comment="Ναι")
            for order in ("ab", "ba"):
                make_game(battles[-1], judge, "first" if order == "ab" else "second", order=order)
    PromptPool.objects.filter(slug="main").update(name="Θάλασσα")
    waiting = make_battle(a, b, make_prompt(arena, "Πότε;", key="13", pool=pool), with_answers=True)
    for answer in Response.objects.all():
        answer.text = f"Απάντηση {answer.pk}"
        answer.tokens_out, answer.latency_ms = 100, 1_000
        answer.save()
    Ballot.objects.create(
        battle=waiting, voter=make_voter(arena), first_shown="a", propensity=0.5, served_at=timezone.now(), state="flagged"
    )
    audit_judge(judge, arena)
    earlier = publish_snapshot(ensure_boards(arena)[0])
    make_vote(battles[0], "tie")
    snapshot = publish_snapshot(earlier.leaderboard)
    for slug, category, filters in (
        ("x-8", "", {"over": ["λογική:1"], "by": ["borda-two-level"]}),
        ("x-9", "λογική", {"category": ["λογική"], "borrow": ["on"]}),
    ):  # fmt: skip
        rest = Filters.of(filters).rest
        publish_snapshot(Leaderboard.objects.create(arena=arena, slug=slug, name="Τάξη", category=category, filters=rest))
    run = Run.objects.create(
        arena=arena, kind="judge", name="Τρέξιμο", state="done", finished_at=timezone.now(), created_by=user
    )
    asked = Prompt.objects.filter(arena=arena).first()
    answers = {str(answer.competitor_id): answer.pk for answer in Response.objects.filter(prompt=asked)}
    tournament = {"entrants": {str(asked.pk): answers}, "results": ["a"]}
    knocked_out = Run.objects.create(
        arena=arena, kind="judge", name="Τρέξιμο", state="running", plan={"judges": [judge.identity], "tournament": tournament}
    )
    failed = Call.objects.create(run=run, endpoint=judge.endpoint, place=1, state="failed", outcome="error")
    Attempt.objects.create(call=failed, endpoint=judge.endpoint, state="failed", error="Όχι", sent_at=run.created_at)
    upload = ArchiveUpload.objects.create(filename="α.χ", slug="x-2", digest="1", state="refused", error="Όχι", n_all=3)
    one = [arena.slug]
    held = next(row for row in snapshot.neighbours.rows if row["parts"])
    return {
        "arenas": [], "method": [], "leaderboard": one, "competitor": [*one, a.pk], "pair": [*one, a.pk, b.pk],
        "compare": one, "matrix": one, "price": one, "fairness": one, "over-time": one,
        "snapshot": [snapshot.key], "changes": [earlier.key, snapshot.key], "swap": [*one, held["above"], held["below"]],
        "embed": one, "embedded-board": one, "weigh": one,
        "battle": [*one, battles[0].pk], "battles": one, "exports": one, "judges": one, "judge": [*one, judge.pk],
        "judge-battles": [*one, judge.pk], "vote": one, "imports": [], "import": [source.pk], "runs": [], "run": [run.pk],
        "tournament": [knocked_out.pk],
        "new-run": [], "new-checklists": [], "new-answers": [], "enter": [make_link().split("/")[-2]], "login": [],
        "password_change": [], "password_change_done": [], "account": [], "invitations": [], "api-docs": [],
        "webhooks": [],
        "webhook": [make_message(make_webhook(9, arena, is_allowed=False, path="/1")).webhook_id],
        "contents": one, "archives": [], "archive-upload": [upload.pk],
        "archive": ["competitor", a.pk], "correct": [battles[0].response_a_id],
    }  # fmt: skip


def named_pages(patterns, prefix=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from named_pages(pattern.url_patterns)
        elif pattern.name and not (pattern.name.startswith("api-") and pattern.name != "api-docs"):  # JSON, by its own tests
            yield pattern.name


def reader_of(role):
    client = Client(headers={"accept-language": LANGUAGE})
    if role != "visitor":
        client.force_login(make_user(f"όλγα{User.objects.count()}", is_staff=role == "superuser"))
    return client


def read(client, address, *, beside=frozenset(), **query):
    return english_of(client.get(address, query), beside)


def english_of(answer, beside=frozenset()):
    if answer.status_code == 302 or "html" not in answer["Content-Type"]:
        return []
    assert answer["Content-Language"] == LANGUAGE
    assert "Accept-Language" in answer["Vary"]
    assert f'<html lang="{LANGUAGE}"' in answer.text
    return english_in(HASH.sub("", answer.text), beside=NAMES | beside)


@pytest.mark.parametrize("app", ["arena", "judges", "ranking"])
def test_models_are_named_in_the_language_of_the_reader_also_in_the_plural(catalogue, app):
    for model in apps.get_app_config(app).get_models():
        for name in (model._meta.verbose_name, model._meta.verbose_name_plural):
            with translation.override("en"):
                english = str(name)
            with translation.override(LANGUAGE):
                assert str(name) == accented(english)


def admin_pages():
    for model, shown in admin.site._registry.items():
        if model.__module__.partition(".")[0] in {"arena", "judges", "ranking"}:
            name = f"{model._meta.app_label}_{model._meta.model_name}"
            yield name, model, shown


def found_in_all(pages):
    found: dict[str, set[str]] = {}
    for name, words in pages:
        found.setdefault(name, set()).update(words)
    return {name: sorted(words) for name, words in found.items() if words}


def query_of(name):
    if name == "judge-battles":
        return {"set": next(iter(JudgeAudit.objects.get().battle_sets))}
    return {"lang": LANGUAGE} if name == "embedded-board" else {}  # a frame has the language of its address


def pages_of_the_site(addresses):
    for role in ("visitor", "annotator", "superuser"):
        client = reader_of(role)
        for name, arguments in addresses.items():
            answer = client.get(reverse(name, args=arguments), query_of(name))
            assert role != "superuser" or answer.status_code in (200, 302), name
            yield name, english_of(answer)
        yield "404", read(client, "/nothing/")
    for name in ("runs/answers/", "runs/new/", "runs/checklists/"):
        yield f"/{name}", read(client, f"/{name}", beside=KEYS.get(f"/{name}", frozenset()), arena="x-1")
    for show in ("fitted", "residual", "counts"):
        yield "matrix", read(client, reverse("matrix", args=addresses["matrix"]), show=show)
    for only in ("upset", "people", "judges"):
        yield "pair", read(client, reverse("pair", args=addresses["pair"]), only=only, board="x-1-judges")
    for board in ("x-8", "x-9"):
        yield "leaderboard", read(client, reverse("leaderboard", args=addresses["leaderboard"]), board=board)
    yield "weigh", read(client, reverse("weigh", args=addresses["weigh"]), **{"weight:λογική": "0"})
    models = addresses["pair"][1:]
    yield "leaderboard", read(client, reverse("leaderboard", args=addresses["leaderboard"]), baseline=models[0])
    yield "compare", read(client, reverse("compare", args=addresses["compare"]), model=models)


def pages_of_the_admin():
    for number, board in enumerate(Leaderboard.objects.all()):  # their names are stored, for readers of all languages
        Leaderboard.objects.filter(pk=board.pk).update(name=f"Πίνακας {number}")
    client = reader_of("superuser")
    yield "admin:index", read(client, reverse("admin:index"))
    for name, model, shown in admin_pages():
        yield f"admin:{name}", read_in_admin(client, name, "changelist")
        if (row := model._default_manager.first()) is not None:
            yield f"admin:{name}", read_in_admin(client, name, "change", row.pk)
        if shown.has_add_permission(client.get("/").wsgi_request):
            yield f"admin:{name}", read_in_admin(client, name, "add")


def pages_of_actions():
    """What an action of the admin asks before it does anything, or shows when it has done it."""
    client = reader_of("superuser")
    for name, model, shown in admin_pages():
        row, changelist = model._default_manager.first(), reverse(f"admin:{name}_changelist")
        for action in shown.get_actions(client.get(changelist).wsgi_request) if row else ():
            with transaction.atomic():
                answer = client.post(changelist, {"action": action, "_selected_action": row.pk})
                transaction.set_rollback(True)
            yield f"admin:{name}", in_admin(name, answer)


def read_in_admin(client, name, page, *arguments):
    return in_admin(name, client.get(reverse(f"admin:{name}_{page}", args=arguments)))


def in_admin(name, answer):
    found = english_of(answer, ICONS | KEYS.get(f"admin:{name}", frozenset()))
    return [piece for piece in found if piece not in STORED.get(f"admin:{name}", set()) and not is_json(piece)]


def is_json(piece):
    """Columns for programs: parameters, codes, and sentences in the one language that they are stored in."""
    try:
        return isinstance(json.loads(piece), list | dict)
    except ValueError:
        return False


@pytest.mark.django_db
def test_every_page_is_in_the_language_of_its_reader(catalogue, everything):
    found = found_in_all([*pages_of_the_site(everything), *pages_of_the_admin(), *pages_of_actions()])
    assert {name: words for name, words in found.items() if name not in IN_ENGLISH} == {}


def test_every_page_is_read_above_or_is_none():
    pages = set(named_pages(get_resolver().url_patterns))
    assert pages - {*NO_PAGES} == PAGES


PAGES = {
    "arenas", "method", "leaderboard", "competitor", "pair", "compare", "matrix", "snapshot", "swap", "price", "fairness",
    "changes", "over-time", "weigh",
    "battle", "battles", "judges", "judge", "judge-battles",
    "vote", "imports", "import", "runs", "run", "tournament", "new-run", "new-checklists", "new-answers", "enter", "login",
    "password_change", "password_change_done", "account", "invitations", "api-docs", "exports", "archive", "correct",
    "webhooks", "webhook",
    "contents", "archives", "archive-upload", "embed", "embedded-board",
}  # fmt: skip


@pytest.mark.django_db
def test_the_form_of_weights_is_in_the_language_of_its_reader(catalogue):
    arena = make_arena("x-1", name="Αρένα")
    for category in ("λογική", "τέχνη"):
        for number in range(30):
            make_prompt(arena, f"Γιατί {category} {number};", category=category)
    with translation.override(LANGUAGE):
        weights = weights_form(options_of(arena), Leaderboard(arena=arena), Filters(), [])
        page = render_to_string("ranking/weights_form.html", {"arena": arena, "weights": weights})
    assert "τέχνη" in page
    assert english_in(page, beside=NAMES) == []


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html", "503.html"])
def test_an_error_page_is_in_the_language_of_its_reader(catalogue, name, rf):
    with translation.override(LANGUAGE):
        page = render_to_string(name, {"reason": "Όχι", "opens_at": timezone.now()}, rf.get("/"))
    assert english_in(page, beside=NAMES) == []


GETTEXT = {"_", *(f"{kind}gettext{way}" for kind in ("", "n", "p", "np") for way in ("", "_lazy", "_noop"))}


def test_no_message_stands_in_an_f_string():
    """What gathers messages does not look into them, so no catalogue would have it."""
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for top in ("arena", "judges", "ranking")
        for path in (ROOT / top).rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text()))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in GETTEXT
        if isinstance(call.args[0], ast.Constant)
    ]
    assert found == []


# --- templates, all branches of them ----------------------------------------------------------------------------------

_SAID = re.compile(
    r"\{%\s*blocktranslate\b.*?\{%\s*endblocktranslate\s*%\}|\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}", re.DOTALL
)
_CLASS = re.compile(r"""\bclass="(?:\{\{.*?\}\}|\{%.*?%\}|[^"])*"|\{% block body_class %\}.*?\{% endblock""", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_LITERAL = re.compile(r"""\|(?:default|default_if_none|yesno|pluralize):["'][^"']*[A-Za-z]{2}""")


@pytest.mark.parametrize("template", TEMPLATES, ids=[str(path.relative_to(ROOT / "templates")) for path in TEMPLATES])
def test_a_template_holds_no_text_outside_messages(template):
    text = _CLASS.sub(" ", _SAID.sub(" ", template.read_text()))
    assert english_in(_TAG.sub(" ", text), beside=NAMES) == []
    assert _LITERAL.findall(text) == []


@pytest.fixture
def template(tmp_path):
    if shutil.which("xgettext") is None:
        pytest.skip("gettext's tools are not installed")
    with override_settings(LOCALE_PATHS=[tmp_path]):
        call_command("makemessages", locale=["xx"], keep_pot=True, verbosity=0)
    return tmp_path / "django.pot"


@pytest.fixture
def given(template):
    return messages_in(template)


def test_a_catalogue_that_says_what_the_messages_say_can_be_compiled(template, tmp_path):
    """Where the two forms of a message hold different placeholders, no translation of it can be."""
    english, compiled = tmp_path / "en.po", tmp_path / "en.mo"
    subprocess.run(["msgen", "--output-file", english, template], check=True, capture_output=True, timeout=60)
    checked = ["msgfmt", "--check-format", "--output-file", compiled, english]
    done = subprocess.run(checked, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert compiled.stat().st_size > 50_000


@pytest.mark.django_db
def test_what_pages_ask_for_is_what_translators_are_given(given, catalogue, everything):
    found_in_all(pages_of_the_site(everything))
    missing = catalogue.asked - given - messages_of_packages()
    assert sorted(filter(has_words, missing)) == []
    assert len(catalogue.asked & given) > 300


def test_no_text_of_a_page_is_the_name_of_a_month_or_a_day(given):
    """A translation of "May" as a verb would stand in every date of that month."""
    assert not given & {
        str(name) for names in (MONTHS, MONTHS_AP, MONTHS_3, WEEKDAYS, WEEKDAYS_ABBR) for name in names.values()
    }


LOCALE = ROOT / "arena" / "locale"
CATALOGUES = sorted(path.parts[-3] for path in LOCALE.glob("*/LC_MESSAGES/django.po"))


def translated_in(path):
    """What a compiled catalogue knows; of a message with two forms, the first."""
    with path.open("rb") as file:
        return {key[0] if isinstance(key, tuple) else key for key, text in GNUTranslations(file)._catalog.items() if text}


@pytest.mark.django_db
def test_readers_and_voters_find_no_english_in_a_language_that_is_offered(template, catalogue, everything):
    for role in ("visitor", "annotator"):
        client = reader_of(role)
        for name, arguments in everything.items():
            client.get(reverse(name, args=arguments))
        client.get("/nothing/")
    first_forms = messages_in(template, forms="msgid")
    asked = set(filter(has_words, catalogue.asked & first_forms))
    assert len(asked) > 300
    missing = {code: asked - translated_in(LOCALE / code / "LC_MESSAGES" / "django.mo") for code in CATALOGUES}
    assert missing == {code: set() for code in ("de", "es", "fr")}


# Not a date (1.12.2026), a version (0.1.0), a network address, or a thousand (1.000).
DECIMAL_POINT = re.compile(r"(?<![\w.,])(?:\d+\.(?:\d{1,2}|\d{4,})|0\.\d+)(?![\w.]*\d|\.\w)")
OF_PROGRAMS = {"api-docs", "method"}  # examples of JSON, and docstrings


@pytest.mark.django_db
def test_german_pages_show_no_decimal_point_and_files_for_programs_do(client, everything):
    client.force_login(make_user("όλγα", is_staff=True))
    german, english = {"accept-language": "de"}, {"accept-language": "en"}
    models = everything["pair"][1:]
    queries = {"compare": {"model": models}, "leaderboard": {"sort": "price"}, "judges": {"board": "x-1-judges"}}
    found, commas = {}, 0
    for name, arguments in everything.items():
        if name not in OF_PROGRAMS:
            answer = client.get(reverse(name, args=arguments), queries.get(name, {}), headers=german)
            visible = re.sub(r"<(script|style|pre|code)\b.*?</\1>|<[^>]*>", " ", answer.text, flags=re.DOTALL)
            found[name] = DECIMAL_POINT.findall(visible)
            commas += len(re.findall(r"\d,\d", visible))
    assert {name: figures for name, figures in found.items() if figures} == {}
    assert commas > 20
    for address in (
        reverse("judge-figures", args=everything["judge"]), f"{reverse('api-leaderboard', args=['x-1'])}?format=csv",
        f"{reverse('api-leaderboard', args=['x-1'])}?format=json",
    ):  # fmt: skip
        answers = [client.get(address, headers=language) for language in (german, english)]
        assert [answer.status_code for answer in answers] == [200, 200]
        contents = [b"".join(answer) if answer.streaming else answer.content for answer in answers]
        assert contents[0] == contents[1], address
        assert re.search(rb"\d\.\d", contents[0])


@pytest.mark.parametrize("code", CATALOGUES)
def test_catalogues_are_compiled_as_they_stand(code, tmp_path):
    if shutil.which("msgfmt") is None:
        pytest.skip("gettext's tools are not installed")
    source, compiled = LOCALE / code / "LC_MESSAGES" / "django.po", tmp_path / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "--output-file", compiled, source], check=True, timeout=60)
    with compiled.open("rb") as made, source.with_suffix(".mo").open("rb") as kept:
        assert GNUTranslations(made)._catalog == GNUTranslations(kept)._catalog


def messages_in(path, forms="msgid(?:_plural)?"):
    """Both forms of each, as they stand in the code; after its context and a mark, where it has one, as gettext does."""
    quoted = re.findall(rf'^(?:msgctxt ((?:".*"\n)+))?{forms} ((?:".*"\n?)+)', path.read_text(), re.MULTILINE)
    contexts = {context: f"{ast.literal_eval(f'({context})')}\x04" for context, _ in quoted if context} | {"": ""}
    return {contexts[context] + ast.literal_eval(f"({lines})") for context, lines in quoted}


def messages_of_packages():
    """Django's own forms, months and the like come translated with it."""
    folders = [Path(import_module(name).__file__).parent for name in ("django", "rest_framework", "axes", "django_filters")]
    return {
        message
        for folder in folders
        for path in folder.rglob("locale/en/LC_MESSAGES/django.po")
        for message in messages_in(path)
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"), [("/api/v1/arenas/", 200), ("/api/v1/nothing/", 404), ("/api/v1/arenas/?x=1", 400)]
)
def test_what_rest_says_is_english_and_labelled_so(catalogue, address, status):
    """Its page of documentation is a page like others."""
    answer = reader_of("visitor").get(address)
    assert (answer.status_code, answer["Content-Language"]) == (status, "en")
    assert not re.search("[áéíóú]", answer.text)
    assert reader_of("visitor").get(reverse("api-docs"))["Content-Language"] == LANGUAGE
