"""Pages around judging in a real browser: they fit, break no policy, and axe finds nothing, for readers and curators."""

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.models import Attempt, Endpoint
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote
from tests.judges.game_factories import make_call, make_game, make_judge, make_run
from tests.ranking.board_factories import make_judge_audit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 375, "height": 800}}
REPLY = f"{'An_endless_word' * 20}\n\n[[B]]"


def make_judged_arena():
    """A battle with games of a program and of a model; the audits of both; a run with a failure."""
    arena = make_arena("judged", content_visibility="public")
    a, b = make_competitor(arena, "Kestrel"), make_competitor(arena, "Umber")
    battle = make_battle(a, b, make_prompt(arena, "What is bold?"), with_answers=True)
    make_vote(battle)
    program = make_judge_audit(arena, "contains", is_measured=True).judge
    make_judge_audit(arena, "a judge that is of no use", is_usable=False, reasons=["it always says the first slot"])
    make_game(battle, program, state="rule", reason="identical answers tie")
    run, judge = make_run(arena, cap=2_000_000), make_judge("Magister")
    for order in ("ab", "ba"):
        call = make_call(run, judge, state="done", outcome="ok")
        for state in ("failed", "ok"):
            Attempt.objects.create(
                call=call, endpoint=judge.endpoint, state=state, text=REPLY, sent_at=timezone.now(), error="HTTP 500",
                request=[{"role": "system", "content": "Compare."}, {"role": "user", "content": REPLY}],
            )  # fmt: skip
        start = REPLY.index("[[")
        make_game(
            battle, judge, order=order, run=run, call=call, label="[[B]]", label_start=start, label_end=start + 5, cost=1_300
        )
    return arena, battle, program, run


def addresses(arena, battle, program, run):
    public = [
        reverse("battle", args=[arena.slug, battle.pk]), reverse("judges", args=[arena.slug]),
        reverse("judge", args=[arena.slug, program.pk]),
        f"{reverse('judge-battles', args=[arena.slug, program.pk])}?set=agrees",
    ]  # fmt: skip
    new = reverse("new-run")
    return public, [*public, reverse("runs"), reverse("run", args=[run.pk]), new, f"{new}?arena={arena.slug}"]


def open_page(new_context, size, scheme="light"):
    page = new_context(viewport=SIZES[size], color_scheme=scheme).new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


def sign_in(page):
    make_user("cora", is_staff=True)
    page.goto("/login/")
    page.fill("[name=username]", "cora")
    page.fill("[name=password]", "a long password")
    page.click("main button[type=submit]")


def look(page, address, axe):
    page.goto(address)
    check(page, address, axe)


def check(page, address, axe):
    page.locator("details.data").evaluate_all("all => all.forEach(each => { each.open = true })")
    assert axe(page) == [], address
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert page.complaints == [], address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_readers_pages_fit_and_axe_finds_nothing(new_context, axe, size, scheme):
    public, _ = addresses(*make_judged_arena())
    page = open_page(new_context, size, scheme)
    for address in public:
        look(page, address, axe)


@pytest.mark.parametrize("size", SIZES)
def test_curators_pages_fit_and_axe_finds_nothing(new_context, axe, size):
    _, all_of_them = addresses(*make_judged_arena())
    page = open_page(new_context, size)
    sign_in(page)
    for address in all_of_them:
        look(page, address, axe)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_what_is_wrong_and_what_it_comes_to_fit_and_axe_finds_nothing(new_context, axe, size, scheme):
    arena, *_ = make_judged_arena()
    Endpoint.objects.update(price_in=1_000_000, price_out=1_000_000)
    page = open_page(new_context, size, scheme)
    sign_in(page)
    page.goto(f"{reverse('new-run')}?arena={arena.slug}")
    check(page, "who", axe)
    page.get_by_label("Magister").check()
    page.get_by_role("button", name="Continue").click()
    check(page, "which", axe)
    page.get_by_label("given ones").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Give the numbers of the battles").wait_for()
    page.complaints = [each for each in page.complaints if "422" not in each]
    check(page, "numbers", axe)
    page.get_by_label("Numbers of given battles").fill(str(arena.battles.get().pk))
    page.get_by_label("Repeats").fill("20")
    page.get_by_role("button", name="Continue").click()
    check(page, "cap", axe)
    page.get_by_role("button", name="Estimate").click()
    page.get_by_text("Try 20 of them first").wait_for()
    check(page, "estimate", axe)


def test_the_label_is_found_in_the_raw_reply_without_javascript(new_context):
    arena, battle, *_ = make_judged_arena()
    page = new_context(java_script_enabled=False).new_page()
    page.goto(reverse("battle", args=[arena.slug, battle.pk]))
    page.locator("details.data:has(mark) > summary").first.click()
    assert page.locator("details[open] mark").first.inner_text() == "[[B]]"
    assert page.locator("details[open] mark").first.is_visible()


def test_a_run_is_counted_and_started_without_javascript(new_context):
    arena, *_ = make_judged_arena()
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page)
    page.goto(reverse("judges", args=[arena.slug]))
    page.get_by_role("link", name="Ask judges").click()
    page.get_by_label("longer").check()
    for _ in ("who", "which", "how"):
        page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Estimate").click()
    page.get_by_role("button", name="Start it").click()
    assert page.locator("h1").inner_text() == "longer on 1 battle"
    page.goto(reverse("battle", args=["judged", arena.battles.get().pk]))
    assert page.locator("tbody th", has_text="longer").count() == 2
