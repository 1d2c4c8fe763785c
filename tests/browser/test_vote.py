"""The vote and battle pages in a real Chromium: by keyboard, on a phone, without scripts."""

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import expect

from arena.models import Ballot, Response, Vote
from tests.browser.conftest import ROOT, settled, wait_until
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAMES = ["Kestrel", "Umber", "Selvage", "Ternlet", "Ossian", "Quillon", "Marram", "Fathom"]
TEXT = """It is **{n}**, for two reasons.

```python
def reason():
    return "a line of code that is so long that it must be scrolled sideways on every screen there is, {n}"
```

- the first
- the second

| Items | Steps |
|---|---|
| 15 | {n} |
"""


@pytest.fixture
def arena(transactional_db):
    arena = make_arena("contest", name="The contest", voting="anyone", content_visibility="public")
    competitors = [make_competitor(arena, name) for name in NAMES]
    for n in range(8):
        prompt = make_prompt(arena, f"What is {n} times {n}, and why? Answer *briefly*.", category="maths", language="en")
        for competitor in competitors:
            make_response(prompt, competitor, TEXT.format(n=n) + f"\nNumber {competitor.pk} said so.\n")
    return arena


def vote_page(page, arena):
    page.goto(reverse("vote", args=[arena.slug]))
    page.wait_for_load_state("networkidle")
    return settled(page)


def press(page, key):
    """A key, and the answer to it."""
    settled(page)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press(key)


def open_key(page):
    return page.get_attribute("#pair", "data-ballot")


def wait_for_votes(page, n):
    expect(page.locator("#votes")).to_have_text(str(n))


def cast(page, key):
    """Vote by a key and wait for the next pair."""
    voted_on = open_key(page)
    press(page, key)
    expect(page.locator("#pair")).not_to_have_attribute("data-ballot", voted_on)
    expect(page.locator("#decide")).to_have_attribute("aria-busy", "false")


def names_in(text):
    return {name for name in NAMES if name in text}


# --- by keyboard -----------------------------------------------------------------------------------------------------


def test_twenty_votes_by_keyboard_alone_and_no_name_before_the_vote(page, arena):
    answers = []
    page.on("response", lambda answer: answers.append(answer))  # playwright marks the function it is given
    vote_page(page, arena)
    for n in range(20):
        cast(page, "123456"[n % 6])
        wait_for_votes(page, n + 1)
    page.wait_for_load_state("networkidle")
    assert Vote.objects.counted().count() == 20
    sent = [(answer.request.method, f"{answer.all_headers()} {answer.text()}") for answer in answers]
    votes = [text for method, text in sent if method == "POST"]
    before = [text for method, text in sent if method == "GET"]
    assert len(votes) == 20
    assert sum("data-ballot=" in text for text in before) >= 21  # the first page and every pair that was fetched ahead
    assert [names_in(text) for text in before if names_in(text)] == []
    for text, vote in zip(votes, Vote.objects.order_by("pk"), strict=True):
        assert names_in(text) == {vote.battle.competitor_a.name, vote.battle.competitor_b.name}


def test_no_attribute_tells_the_pair_that_is_open_and_the_next_one_is_not_in_the_page(page, arena):
    vote_page(page, arena)
    with page.expect_response(lambda answer: answer.url.endswith("?ahead")):
        cast(page, "1")
    shown, ahead = Ballot.objects.filter(state="open").order_by("pk").values_list("key", flat=True)
    assert open_key(page) == shown
    assert ahead not in page.content()
    attributes = page.eval_on_selector_all("#pair *", "all => all.flatMap(e => [...e.attributes].map(a => a.value))")
    assert {value for value in attributes if re.search(r"\d", value)} == {shown, "0", "-1"}  # the last two are tabindexes


def test_the_next_pair_is_there_before_the_vote_is_cast(page, arena):
    vote_page(page, arena)
    assert Ballot.objects.filter(state="open").count() == 2
    ahead = Ballot.objects.order_by("pk").last().key
    page.keyboard.press("3")
    page.wait_for_selector(f"[data-ballot='{ahead}']")


def test_the_strip_tells_names_and_agreement_and_u_takes_the_vote_back(page, arena):
    vote_page(page, arena)
    press(page, "2")
    wait_for_votes(page, 1)
    assert re.search(r"You chose A better\. A was \w+, B was \w+\. You are the first", page.inner_text("[role=status]"))
    shown = open_key(page)
    press(page, "u")
    page.wait_for_selector("text=Vote withdrawn")
    assert open_key(page) == shown  # the pair being read stays
    assert Vote.objects.counted().count() == 0


def test_the_undo_button_goes_after_its_seconds(page, arena):
    vote_page(page, arena)
    press(page, "2")
    page.wait_for_selector("[data-key=u]")
    assert page.inner_text("[data-key=u] .mute") == "9 s"
    page.wait_for_selector("[data-key=u]", state="detached", timeout=12_000)


def test_keys_are_ignored_while_typing_and_enter_does_not_vote(page, arena):
    vote_page(page, arena)
    page.focus("[name=comment]")
    page.keyboard.type("1 better 2 s f u")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert (Vote.objects.count(), Ballot.objects.exclude(state="open").count()) == (0, 0)
    assert page.input_value("[name=comment]") == "1 better 2 s f u"


def test_reasons_and_comment_go_with_the_vote_and_are_empty_afterwards(page, arena):
    vote_page(page, arena)
    page.click(".chip:has-text('clear')")
    page.fill("[name=comment]", "well said")
    page.focus(".six button")
    press(page, "1")
    wait_for_votes(page, 1)
    vote = Vote.objects.get()
    assert (vote.reasons, vote.comment) == (["clear"], "well said")
    expect(page.locator("#decide [name=comment]")).to_have_value("")
    expect(page.locator("[name=why]:checked")).to_have_count(0)


def test_skip_by_key(page, arena):
    vote_page(page, arena)
    cast(page, "s")
    expect(page.locator("[role=status]")).to_contain_text("Skipped")
    assert Ballot.objects.exclude(state="open").get().state == "skipped"


@pytest.mark.parametrize("width", [375, 1280])
def test_a_flag_is_asked_about_in_place_and_can_be_left(new_context, arena, width):
    page = vote_page(new_context(viewport={"width": width, "height": 740}).new_page(), arena)
    flagged = open_key(page)
    page.keyboard.press("f")
    expect(page.locator("#flag-comment")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".panel:target")).to_have_count(0)
    assert not Ballot.objects.exclude(state="open").exists()
    page.click("text=Flag >> visible=true")
    page.locator("#flag-comment").press_sequentially("1 and f: cut off")
    assert page.input_value("#flag-comment") == "1 and f: cut off"
    press(page, "Enter")
    expect(page.locator("[role=status]")).to_contain_text("Flagged")
    expect(page.locator(".panel:target")).to_have_count(0)
    expect(page.locator("#pair")).not_to_have_attribute("data-ballot", flagged)
    ballot = Ballot.objects.exclude(state="open").get()
    assert (ballot.key, ballot.state, ballot.note) == (flagged, "flagged", "1 and f: cut off")
    assert not Vote.objects.exists()
    cast(page, "1")  # keys live again
    assert Vote.objects.count() == 1


def focused(page):
    return page.evaluate("document.activeElement.tagName")


@pytest.mark.parametrize("button", ["button:has-text('A better')", "button:has-text('Both bad')", "[name=act][value=skip]"])
def test_after_a_click_space_scrolls_the_next_pair_and_enter_does_nothing(new_context, arena, button):
    Response.objects.update(text="\n\n".join(["A long answer."] * 80), rendered_by="")
    page = vote_page(new_context(viewport={"width": 1280, "height": 700}).new_page(), arena)
    voted_on = open_key(page)
    page.click(button)
    expect(page.locator("#pair")).not_to_have_attribute("data-ballot", voted_on)
    assert focused(page) == "H1"
    n_done = Ballot.objects.exclude(state="open").count()
    settled(page)
    for key in ("Enter", "Space"):
        page.keyboard.press(key)
    wait_until(page, "scrollY > 100")  # it scrolls smoothly
    assert Ballot.objects.exclude(state="open").count() == n_done == 1


def test_the_focus_rests_when_the_undo_button_was_pressed_or_goes(page, arena):
    vote_page(page, arena)
    cast(page, "1")
    page.focus("[data-key=u]")
    press(page, "Enter")
    expect(page.locator("[role=status]")).to_contain_text("Vote withdrawn")
    assert focused(page) == "H1"
    cast(page, "2")
    page.focus("[data-key=u]")
    page.wait_for_selector("[data-key=u]", state="detached", timeout=12_000)
    assert focused(page) == "H1"


@pytest.mark.parametrize("key", ["Enter", "Escape"])
def test_enter_and_escape_leave_the_comment_and_keys_work_again(page, arena, key):
    vote_page(page, arena)
    page.focus("[name=comment] >> nth=0")
    page.keyboard.type("12 reasons")
    page.keyboard.press(key)
    assert focused(page) == "H1"
    cast(page, "1")
    assert Vote.objects.get().comment == "12 reasons"


def test_on_a_phone_nothing_of_the_vote_is_off_screen(new_context, arena):
    name = "A_model_with_a_very_long_name_indeed_" * 5
    for competitor in arena.competitors.all():
        competitor.name = f"{name}{competitor.pk}"
        competitor.save()
    page = vote_page(new_context(viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True).new_page(), arena)
    cast(page, "1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    for control in page.locator(".six button, [data-key=u], #decide [name=comment]").all():
        box = control.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 375
        assert box["y"] + box["height"] <= 740


def test_a_tapped_button_is_not_marked_on_the_next_pair(new_context, arena):
    page = vote_page(new_context(viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True).new_page(), arena)
    look = "e => { const s = getComputedStyle(e); return [s.backgroundColor, s.outlineStyle, s.borderColor, s.color].join() }"
    button = page.locator(".six button").nth(1)
    before, voted_on = button.evaluate(look), open_key(page)
    button.tap()
    expect(page.locator("#pair")).not_to_have_attribute("data-ballot", voted_on)
    assert button.evaluate(look) == before


def test_what_hovers_is_styled_only_where_a_pointer_can_hover():
    sheet = re.sub(r"/\*.*?\*/", "", (ROOT / "static/css/site.css").read_text(), flags=re.DOTALL)
    outside = re.sub(r"@media \(hover: hover\) \{ (?:[^{}]*\{[^{}]*\} ?)+\}", "", sheet)
    assert re.findall(r"[^{}]*:hover[^{}]*\{", outside) == []


def test_a_pair_of_an_arena_that_closes_meanwhile_says_so_and_leads_on(page, arena):
    vote_page(page, arena)
    shown = open_key(page)
    arena.voting = "closed"
    arena.save()
    press(page, "1")
    expect(page.locator("[role=status]")).to_contain_text("It was closed meanwhile")
    assert open_key(page) == shown
    assert page.locator(".six button:enabled").count() == 0
    page.click("[role=status] >> text=To the arenas")
    page.wait_for_url("**/")


def sign_in_in_another_tab(page):
    other = page.context.new_page()
    other.goto(reverse("login"))
    other.fill("[name=username]", "vera")
    other.fill("[name=password]", "vera's own words")
    other.click("main [type=submit]")
    other.wait_for_url(lambda url: "login" not in url)
    page.bring_to_front()


def clear_cookies(page):
    page.context.clear_cookies()


@pytest.mark.parametrize("change", [sign_in_in_another_tab, clear_cookies])
def test_a_page_from_before_a_change_of_visitor_stores_no_vote_and_says_so(page, arena, change):
    User.objects.create_user("vera", password="vera's own words")
    vote_page(page, arena)
    shown, text = open_key(page), page.inner_text("#answer-a")
    change(page)
    press(page, "1")
    expect(page.locator("[role=status]")).to_contain_text("nothing was stored")
    assert (open_key(page), page.inner_text("#answer-a")) == (shown, text)
    expect(page.locator(".six button:enabled")).to_have_count(0)
    expect(page.locator("[name=act]:enabled")).to_have_count(0)
    page.keyboard.press("2")  # a key for a button that is off
    page.wait_for_timeout(300)
    assert (Vote.objects.count(), Ballot.objects.exclude(state="open").count()) == (0, 0)
    page.click("[role=status] >> text=Reload the page")
    expect(page.locator(".six button:enabled")).to_have_count(6)
    cast(page, "1")
    assert Vote.objects.get().voter.kind == ("account" if change is sign_in_in_another_tab else "anonymous")


def test_a_double_press_is_one_vote(page, arena):
    vote_page(page, arena)
    page.evaluate("for (const n of [1, 2, 3]) document.querySelector('[data-key=\"1\"]').click()")
    wait_for_votes(page, 1)
    page.wait_for_load_state("networkidle")
    assert Vote.objects.count() == 1


def hold_time(page):
    """From the next page on, time in it stands still but for what `page.clock.run_for` adds: a slow machine changes nothing."""
    page.clock.install(time=0)
    page.clock.pause_at(1_000)


@pytest.mark.parametrize("gap", [0, 150, 400, 590])
def test_a_choice_made_twice_never_reaches_a_pair_that_nobody_can_have_read(page, arena, gap):
    hold_time(page)
    page.goto(reverse("vote", args=[arena.slug]))
    for n, way in enumerate(("2", ".six button >> nth=1", "s", "[name=act][value=skip]"), 1):
        page.wait_for_load_state("networkidle")
        page.clock.run_for(600)
        choose = page.keyboard.press if len(way) == 1 else page.click
        shown = open_key(page)
        choose(way)
        if gap:
            expect(page.locator("#pair")).not_to_have_attribute("data-ballot", shown)
            expect(page.locator("#decide")).to_have_attribute("aria-busy", "false")
            page.clock.run_for(gap)
        choose(way)
        expect(page.locator("#pair")).not_to_have_attribute("data-ballot", shown)
        page.wait_for_load_state("networkidle")
        assert Ballot.objects.exclude(state="open").count() == n
    assert Vote.objects.count() == 2
    page.clock.run_for(600)
    cast(page, "2")  # it is taken once there was time to look
    assert Vote.objects.count() == 3


def test_a_pair_is_looked_at_first_after_a_whole_load_too_and_undo_never_waits(page, arena):
    hold_time(page)
    page.goto(reverse("vote", args=[arena.slug]))
    page.keyboard.press("1")
    page.wait_for_load_state("networkidle")
    assert Vote.objects.count() == 0
    page.clock.run_for(600)
    cast(page, "2")
    assert Vote.objects.count() == 1
    page.keyboard.press("u")
    page.wait_for_selector("text=Vote withdrawn")
    assert Vote.objects.counted().count() == 0


def test_the_sheets_open_by_key_hold_the_keys_and_close_by_escape(page, arena):
    vote_page(page, arena)
    for key, title in (("?", "Keys"), ("g", "What makes an answer better here")):
        page.keyboard.press(key)
        page.wait_for_selector(f".panel:target >> text={title}")
        page.keyboard.press("1")
        page.keyboard.press("Escape")
        expect(page.locator(".panel:target")).to_have_count(0)
    assert Vote.objects.count() == 0


def test_keys_can_be_switched_off_and_stay_off(page, arena):
    vote_page(page, arena)
    page.keyboard.press("?")
    page.uncheck("#keys-on")
    page.keyboard.press("Escape")
    page.reload()
    settled(page).keyboard.press("1")
    page.wait_for_timeout(300)
    assert Vote.objects.count() == 0


def test_too_fast_is_said_in_the_strip_and_the_pair_stays(page, arena, settings):
    settings.VOTES_PER_MINUTE = 1
    vote_page(page, arena)
    press(page, "1")
    wait_for_votes(page, 1)
    shown = open_key(page)
    press(page, "1")
    page.wait_for_selector("text=this pair stays open")
    assert open_key(page) == shown


def test_the_last_pair_ends_on_the_page_that_says_so(page, transactional_db):
    arena = make_arena("short", voting="anyone")
    prompt = make_prompt(arena)
    for name in NAMES[:2]:
        make_response(prompt, make_competitor(arena, name))
    vote_page(page, arena)
    page.keyboard.press("1")
    page.wait_for_selector("text=No pair is left for you")
    assert names_in(page.inner_text("main")) == set(NAMES[:2])


# --- without scripts, on a phone -------------------------------------------------------------------------------------


def test_without_scripts_votes_are_cast_taken_back_and_skipped(new_context, arena):
    page = vote_page(new_context(java_script_enabled=False).new_page(), arena)
    first = open_key(page)
    page.click("button:has-text('B much better')")
    assert "B much better" in page.inner_text("[role=status]")
    assert open_key(page) != first
    page.click("text=Undo")
    assert "Vote withdrawn" in page.inner_text("[role=status]")
    page.click("button:has-text('Skip')")
    assert "Skipped" in page.inner_text("[role=status]")
    page.click("text=Guidelines")
    assert page.is_visible("text=What makes an answer better here")
    assert (Vote.objects.counted().count(), Ballot.objects.filter(state="skipped").count()) == (0, 1)


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_two_tabs_with_a_peek_and_buttons_for_thumbs(new_context, arena, scripts):
    context = new_context(viewport={"width": 375, "height": 740}, java_script_enabled=scripts, has_touch=True)
    page = vote_page(context.new_page(), arena)
    first, second = page.locator("#answer-a").bounding_box(), page.locator("#answer-b").bounding_box()
    assert first["x"] >= 0
    assert first["x"] + first["width"] < 375 - 16  # the other answer peeks in
    assert second["x"] < 375
    for button in page.locator(".six button").all():
        assert button.bounding_box()["height"] >= 44
    page.click(".tabs a.b")
    wait_until(page, "document.querySelector('#answer-b').getBoundingClientRect().x < 100")
    page.click("button:has-text('A better') >> visible=true")
    page.wait_for_selector("[role=status] >> text=A was")
    assert Vote.objects.count() == 1


@pytest.mark.parametrize("width", [375, 1280])
def test_no_page_scrolls_sideways(new_context, arena, width):
    page = vote_page(new_context(viewport={"width": width, "height": 800}).new_page(), arena)
    press(page, "1")
    wait_for_votes(page, 1)
    battle = Vote.objects.get().battle
    for address in (page.url, reverse("battles", args=[arena.slug]), reverse("battle", args=[arena.slug, battle.pk])):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_tabbing_through_the_buttons_follows_their_order_on_the_screen(new_context, arena):
    page = vote_page(new_context(viewport={"width": 375, "height": 740}).new_page(), arena)
    page.focus(".six button >> nth=0")
    places = []
    for _ in range(6):
        places.append(page.evaluate("(({x, y}) => [x, y])(document.activeElement.getBoundingClientRect())"))
        page.keyboard.press("Tab")
    assert places == sorted(places)  # column by column: A, both, B
    assert len({tuple(place) for place in places}) == 6


def test_on_a_phone_strong_votes_stand_in_one_row_and_each_side_in_one_column(new_context, arena):
    page = vote_page(new_context(viewport={"width": 375, "height": 740}).new_page(), arena)
    boxes = {button.inner_text(): button.bounding_box() for button in page.locator(".six button").all()}
    x, y = ({name: box[side] for name, box in boxes.items()} for side in "xy")
    assert y["A much better"] == y["B much better"] == y["Both good"]
    assert y["A better"] == y["B better"] == y["Both bad"]
    assert y["A much better"] < y["A better"]
    assert x["A much better"] == x["A better"] < x["Both good"] == x["Both bad"] < x["B better"] == x["B much better"]


# --- for everybody ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_nothing_on_vote_and_battle_pages(new_context, arena, axe, scheme, width):
    page = vote_page(new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page(), arena)
    assert axe(page) == []
    press(page, "1")
    wait_for_votes(page, 1)
    assert axe(page) == []
    for sheet in ("keys", "guidelines"):
        page.goto(f"{reverse('vote', args=[arena.slug])}#{sheet}")
        assert axe(page) == []
    battle = Vote.objects.get().battle
    open_battle = Ballot.objects.filter(state="open").first().battle
    empty = make_arena("empty", voting="anyone")
    for address in (
        reverse("battles", args=[arena.slug]), reverse("battle", args=[arena.slug, battle.pk]),
        reverse("battle", args=[arena.slug, open_battle.pk]), reverse("vote", args=[empty.slug]),
    ):  # fmt: skip
        page.goto(address)
        assert axe(page) == [], address
