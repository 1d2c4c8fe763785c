"""What a board says beside its table: the sentence, notices by weight, columns, boxes, judges, what was set aside."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.evidence.curation import set_aside_import, set_aside_votes
from arena.evidence.ledger import record_import
from arena.models import ArchiveUpload, Event, Import, Vote
from judges.audits.refresh import audit_judge
from judges.judge_choices import choose_judge
from judges.models import Judge, JudgeAudit
from ranking.boards.publishing import publish_snapshot
from ranking.maths.notes import Note, noted
from ranking.models import NeighbourTable, Snapshot
from ranking.note_texts.of_boards import TEXTS
from ranking.views.board_parts.notices import notices_of
from tests.arena.admin.curators import make_import
from tests.factories import make_arena, make_competitor, make_contest, make_user
from tests.judges.audits.test_judge_audits import judged_arena
from tests.judges.audits.test_judge_audits import make_judge as make_offline_judge
from tests.judges.game_factories import make_judge
from tests.ranking.board_factories import make_board, make_entry, make_judge_audit, make_snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def board():
    return make_board(make_arena("garden"), is_default=True)


def lines(board, *ranges, **fields):
    """A snapshot with models of these ranges of places; None = a rating without a place."""
    snapshot = make_snapshot(board, **{"notes": [], "n_votes": 90} | fields)
    for n, places in enumerate(ranges):
        model = make_competitor(board.arena, f"model {n}")
        if places is None:
            make_entry(snapshot, model, 1000.0 - n, low=None, high=None, rank=None, rank_low=None, rank_high=None)
        else:
            low, high, *chance = places
            p_best = chance[0] if chance else None
            make_entry(snapshot, model, 1000.0 - n, rank=n + 1, rank_low=low, rank_high=high, p_best=p_best)
    return snapshot


def held(snapshot, *pairs):
    """What holds neighbours, by their places: n_to_swap, n_more, is_lasting."""
    pks = list(snapshot.entries.order_by("pk").values_list("competitor_id", flat=True))
    rows = [
        {
            "above": pks[i], "below": pks[i + 1], "n_to_swap": n_to_swap, "is_verified": True,
            "parts": [[pks[i], pks[i + 1], False, n_to_swap]] if n_to_swap else [], "n_more": n_more, "is_lasting": is_lasting,
        }
        for i, (n_to_swap, n_more, is_lasting) in enumerate(pairs)
    ]  # fmt: skip
    NeighbourTable.objects.create(snapshot=snapshot, rows=rows)


def page_of(client, arena, **query):
    return client.get(arena.get_absolute_url(), query).content.decode()


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def sentence(client, arena, **query):
    found = re.search(r'id="summary">(.*?)</p>', page_of(client, arena, **query), re.DOTALL)
    return text_of(found[1]).strip() if found else ""


# --- the sentence --------------------------------------------------------------------------------------------------------


def test_who_is_surely_first_is_said(client, board):
    held(lines(board, (1, 1), (2, 2), (3, 3)), (11.0, 40.0, False))
    assert sentence(client, board.arena) == (
        "With 95 % certainty model 0 is first. model 0 and model 1 would swap places if 11 of the 90 votes were missing. Which"
    )


def test_who_is_among_the_first_is_said_with_how_many_there_are(client, board):
    lines(board, (1, 2), (2, 3), (3, 4), (4, 5), (5, 5))
    assert sentence(client, board.arena) == "With 95 % certainty model 0 is among the first 2 of 5."


def test_a_tie_names_who_is_likeliest(client, board):
    lines(board, (1, 3, 0.62), (1, 3, 0.3), (2, 4, 0.08), (4, 4, 0.0))
    assert sentence(client, board.arena) == (
        "Tied for place 1: the votes so far cannot tell model 0 and model 1 apart. With 95 % certainty model 0 is among the "
        "first 3 of 4. model 0 is likeliest to be first, with a chance of 62 %."
    )


@pytest.mark.parametrize(("chance", "words"), [(0.951, "of 95 %"), (0.999, "above 99 %")])
def test_who_is_nearly_surely_first_is_not_called_tied(client, board, chance, words):
    lines(board, (1, 2, chance), (1, 2, 1 - chance), (3, 3, 0.0))
    assert sentence(client, board.arena) == (
        f"Nearly settled: model 0 is first with a chance {words}. The ranges, which must be right for all models at once and "
        "are wider for it, still leave place 1 open to model 1."
    )


def test_a_tie_of_all_says_no_more_than_that(client, board):
    lines(board, *[(1, 3)] * 3)
    said = sentence(client, board.arena)
    assert said == "Tied for place 1: the votes so far cannot tell model 0, model 1 and model 2 apart."


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ([None], "Only model 0 has a rating: a place needs another one to compare it with."),
        ([None, None], "model 0 has the highest rating. How sure that is cannot be said, because no interval can be given."),
        ([(1, 1), None], "Only model 0 has a place: too little is known of the others to rank them."),
        ([], ""),
    ],
)
def test_where_nobody_can_be_ranked_it_says_why(client, board, ranges, said):
    lines(board, *ranges)
    assert sentence(client, board.arena) == said


def test_models_of_another_group_are_not_among_those_with_a_place(client, board):
    snapshot = lines(board, (1, 1), (2, 2), components=[["model 0", "model 1"], ["apart"]])
    make_entry(snapshot, make_competitor(board.arena, "apart"), None)
    assert sentence(client, board.arena) == "With 95 % certainty model 0 is first."


@pytest.mark.parametrize(("sources", "words"), [("judges", "3 of the 90 verdicts"), ("both", "3 of the 90 votes and verdicts")])
def test_boards_of_judges_speak_of_verdicts(client, sources, words):
    arena = make_arena("garden")
    board = make_board(arena, sources=sources, is_default=True)
    snapshot = lines(board, (1, 2), (1, 2), parameters={"level": 0.9, "sources": sources, "combiner": "mean"})
    held(snapshot, (3.0, 40.0, False))
    said = sentence(client, arena)
    assert f"would swap places if {words} were missing." in said
    assert "verdicts so far cannot tell model 0 and model 1 apart" in said


def test_the_level_is_that_of_the_snapshot(client, board):
    lines(board, (1, 1), (2, 2), parameters={"level": 0.9})
    assert sentence(client, board.arena).startswith("With 90 % certainty")


def test_one_vote_and_none_have_sentences_of_their_own(client, board):
    snapshot = lines(board, (1, 2), (1, 2))
    held(snapshot, (1.0, 40.0, False))
    assert "would swap places if one of the 90 votes were missing." in sentence(client, board.arena)
    NeighbourTable.objects.all().delete()
    held(snapshot, (0.0, None, False))
    assert "model 0 and model 1 have the same rating." in sentence(client, board.arena)


def test_a_board_of_one_vote_speaks_of_the_only_one(client, board):
    snapshot = lines(board, (1, 2), (1, 2))
    Snapshot.objects.filter(pk=snapshot.pk).update(n_votes=1)
    held(snapshot, (1.0, 40.0, False))
    assert "would swap places if the only vote were missing." in sentence(client, board.arena)


def test_a_name_is_no_html(client, board):
    snapshot = lines(board, (1, 2), (1, 2))
    first = snapshot.entries.first().competitor
    board.arena.competitors.filter(pk=first.pk).update(name="<i>evil</i> {0}")
    page = page_of(client, board.arena)
    assert "<i>evil" not in page
    assert "&lt;i&gt;evil&lt;/i&gt; {0}" in page


# --- columns -------------------------------------------------------------------------------------------------------------


def columns(page):
    return re.findall(r'<th scope="col" class="(?:n )?c-(\w+)"', page)


def test_columns_without_content_go(client, board):
    snapshot = lines(board, None, None)
    snapshot.entries.update(n_prompts=0, win_rate=None)
    page = page_of(client, board.arena)
    assert columns(page) == ["name", "rating", "votes"]
    assert "$/M" not in re.sub(r"<div popover.*?</div>", "", page)


def test_columns_come_with_what_they_show(client, board):
    snapshot = lines(board, (1, 2, 0.7), (1, 2, 0.3))
    board.arena.competitors.filter(name="model 0").update(price_out=3_000_000)
    before = make_snapshot(board, notes=[], created_at=timezone.now() - timedelta(days=40))
    newest = make_snapshot(board, notes=[], created_at=timezone.now())
    for entry in snapshot.entries.select_related("competitor"):
        make_entry(before, entry.competitor, entry.rating - 4.4 + 8.8 * (entry.rating < 1000))
        make_entry(newest, entry.competitor, entry.rating, p_best=entry.p_best, rank=entry.rank)
    page = page_of(client, board.arena)
    assert columns(page) == ["rank", "range", "name", "rating", "first", "win", "votes", "prompts", "change", "price"]
    assert re.findall(r'c-first"[^>]*>([^<]+)<', page) == ["70", "30"]
    assert re.findall(r'c-change" data-l="[^"]+">([^<]+)<', page) == ["+4", "−4"]
    in_order = page_of(client, board.arena, sort="change", dir="asc")
    assert re.findall(r'c-change" data-l="[^"]+">([^<]+)<', in_order) == ["−4", "+4"]


def test_the_change_in_thirty_days_is_from_the_newest_snapshot_that_old(client, board):
    """45, 31 and 29 days ago: 1000 - 990 = 10 points since the second. Who was not rated then has none."""
    old, new = make_competitor(board.arena, "old"), make_competitor(board.arena, "new")
    for days, rating in ((45, 900.0), (31, 990.0), (29, 1200.0)):
        make_entry(make_snapshot(board, notes=[], created_at=timezone.now() - timedelta(days=days)), old, rating)
    newest = make_snapshot(board, notes=[])
    make_entry(newest, old, 1000.0)
    make_entry(newest, new, 1000.0, rank=2)
    assert [row.change for row in change_rows(client, board)] == [10.0, None]
    Snapshot.objects.filter(created_at__lt=timezone.now() - timedelta(days=30)).delete()
    assert "c-change" not in page_of(client, board.arena)


def change_rows(client, board):
    return [line for group in client.get(board.arena.get_absolute_url()).context["table"].groups for line in group]


def test_the_head_holds_the_widest_of_each_column_and_nobody_sees_it(client, board):
    """So columns keep their width while rows come in."""
    snapshot = lines(board, (1, 10, 0.6), (2, 9, 0.3), (1, 3, 0.004))
    snapshot.entries.filter(competitor__name="model 1").update(n_votes=12_345)
    board.arena.competitors.filter(name="model 0").update(name="<b>A model of a long name", organisation="Its maker")
    row = re.search(r'<tr class="widest" aria-hidden="true">.*?</tr>', page_of(client, board.arena))[0]
    assert re.findall(r'<td class="c-(\w+) n">([^<]*)', row) == [
        ("rank", "1"), ("range", "1–10"), ("rating", "1000 "), ("first", "60"), ("win", "50"),
        ("votes", "12,345"), ("prompts", "3"),
    ]  # fmt: skip
    assert '<b>&lt;b&gt;A model of a long name</b> <small class="org">Its maker</small></div></td>' in row
    assert not re.search("href|id=|<input", row)


@pytest.mark.parametrize(("chance", "said"), [(0.0, "&lt;1"), (0.004, "&lt;1"), (0.006, "1"), (0.62, "62"), (1.0, "&gt;99")])
def test_a_chance_is_never_called_certain(client, board, chance, said):
    lines(board, (1, 2, chance), (1, 2, 0.5))
    assert f'c-first" data-l="% first">{said}<' in page_of(client, board.arena)


def test_a_snapshot_of_an_older_version_has_no_chances(client, board):
    snapshot = lines(board, (1, 2), (1, 2))
    page = client.get(snapshot.get_absolute_url()).text
    assert "c-first" not in page
    model = snapshot.entries.first().competitor
    assert "first with a chance" not in client.get(reverse("competitor", args=["garden", model.pk])).text


def test_a_models_page_gives_the_chance_of_its_snapshot(client, board):
    model = lines(board, (1, 2, 0.73), (1, 2, 0.27)).entries.first().competitor
    assert "first with a chance of 73 %" in text_of(client.get(reverse("competitor", args=["garden", model.pk])).text)


def test_every_column_has_a_box_that_opens_by_a_button(client, board):
    lines(board, (1, 2, 0.7), (1, 2, 0.3))
    page = page_of(client, board.arena)
    opened = set(re.findall(r'popovertarget="([\w-]+)"', page))
    boxes = set(re.findall(r'<div popover class="about-box" id="([\w-]+)"', page))
    assert opened
    assert opened <= boxes
    method = client.get(reverse("method")).text
    for anchor in re.findall(r'href="/method/#([\w-]+)"', page):
        assert f'id="{anchor}"' in method


@pytest.mark.parametrize("name", ["arenas", "method", "leaderboard", "compare", "matrix", "battles", "vote"])
def test_nothing_on_public_pages_is_said_in_a_title_alone(client, name):
    arena, (first, second, _) = make_contest(n_prompts=3, slug="garden", content_visibility="public", voting="anyone")
    snapshot = publish_snapshot(make_board(arena, is_default=True))
    addresses = [reverse(name) if name in ("arenas", "method") else reverse(name, args=["garden"])]
    if name == "leaderboard":
        addresses += [
            snapshot.get_absolute_url(), reverse("competitor", args=["garden", first.pk]),
            f"{addresses[0]}?baseline={first.pk}",
            reverse("pair", args=["garden", first.pk, second.pk]), reverse("battle", args=["garden", arena.battles.first().pk]),
        ]  # fmt: skip
    for address in addresses:
        page = client.get(address)
        assert page.status_code == 200, address
        assert not re.findall(r'\stitle="[^"]*"', page.text), address


def test_nothing_on_pages_of_judges_and_files_is_said_in_a_title_alone(client):
    judge, digest = make_offline_judge("steady"), "0123456789abcdef" * 4
    arena = judged_arena(judge, n=12, name="garden")
    audit_judge(judge, arena)
    shown = [make_judge_audit(arena, name).judge for name in ("retired", "excluded", "included")]
    Judge.objects.filter(pk=shown[0].pk).update(archived_at=timezone.now(), archived_because="too old")
    for each, says in zip(shown[1:], ("exclude", "include"), strict=True):
        choose_judge(arena, each, says, f"because {each.name}", make_user(is_staff=True))
    source = make_import(arena, digest=digest)
    bundle = ArchiveUpload.objects.create(filename="a.zip", slug="x", digest=digest, state="refused", n_all=3)
    client.force_login(make_user(is_staff=True))
    judges = reverse("judges", args=[arena.slug])
    files = [reverse("import", args=[source.pk]), reverse("archive-upload", args=[bundle.pk])]
    for address in (judges, f"{judges}?retired=1", reverse("judge", args=[arena.slug, judge.pk]), *files):
        page = client.get(address)
        assert page.status_code == 200, address
        assert not re.findall(r'\stitle="[^"]*"', page.text), address
        assert digest in page.text or address not in files
    assert "too old" in client.get(f"{judges}?retired=1").text
    assert all(f"because {each.name}" in client.get(judges).text for each in shown[1:])


# --- notices -------------------------------------------------------------------------------------------------------------


def slot(estimate, low, high):
    values = {"name": "contains", "estimate": estimate, "level": 95.0, "low": low, "high": high}
    return noted("slot.with_interval", TEXTS, **values)


def with_notes(board, *notes):
    return lines(board, (1, 2), (1, 2), notes=list(notes), note_parameters=[note.parameters for note in notes])


def test_a_slot_intercept_of_nothing_is_silent(client, board):
    snapshot = with_notes(board, slot(0.0, 0.0, 0.0))
    assert notices_of(snapshot) == ([], [])
    assert "+0.000" not in page_of(client, board.arena)


def test_figures_are_plain_and_what_changes_the_reading_is_loud(client, board):
    few = noted("few_clusters.prompts", n=3)
    loud, plain = notices_of(with_notes(board, slot(0.2, 0.01, 0.39), few))
    assert [notice.sentence for notice in loud] == ["Only 3 prompts, so results may differ with other prompts"]
    assert [notice.sentence.partition(":")[0] for notice in plain] == ["contains"]
    page = page_of(client, board.arena)
    figures = page[page.index('id="figures"') :]
    assert "+0.200" in figures
    assert "+0.200" not in page[: page.index('id="figures"')]
    assert re.search(r'<p class="note"><span class="wordy">Only 3 prompts', page)


def test_a_slot_whose_interval_is_wide_is_not_silent(board):
    assert len(notices_of(with_notes(board, slot(0.0, -0.2, 0.2)))[1]) == 1


def test_full_coverage_is_silent_and_less_is_a_figure(board):
    def coverage(percent, n):
        games = noted("games", TEXTS, n=100)
        return noted("judges.coverage", TEXTS, percent=percent, n=n, games=games)

    assert notices_of(with_notes(board, coverage(100.0, 100))) == ([], [])
    other = make_board(make_arena("other"))
    assert len(notices_of(with_notes(other, coverage(97.0, 97)))[1]) == 1


def test_unknown_notes_are_loud(board):
    assert len(notices_of(with_notes(board, Note("something new", "no_such_code")))[0]) == 1


def test_a_board_that_levels_style_says_what_its_ratings_mean(client):
    arena = make_arena("garden")
    board = make_board(arena, method="style_controlled", covariates="length", intervals="bootstrap", is_default=True)
    lines(board, (1, 2), (1, 2), parameters={"level": 0.95, "covariates": ["length"]})
    assert "Style is levelled on this board" in page_of(client, arena)


# --- how firm the order is -----------------------------------------------------------------------------------------------


def firmness(client, arena, **query):
    page = page_of(client, arena, **query)
    return page[page.index('<section id="order">') : page.index("</section>", page.index('<section id="order">'))]


def test_pairs_say_whether_they_are_told_apart_and_what_is_missing(client, board):
    held(lines(board, (1, 2), (1, 2), (3, 4), (3, 4)), (11.0, 1_234.0, False), (50.0, 0.0, False), (80.0, 0.0, True))
    told = text_of(firmness(client, board.arena))
    assert "model 0 above model 1 not yet 11 about 1,200" in told
    assert "model 1 above model 2 yes, taken alone 50 none" in told
    assert "model 2 above model 3 yes, however often one looks 80 none" in told


def test_what_nobody_would_collect_is_said_to_be_over_a_million(client, board):
    held(lines(board, (1, 3), (1, 3), (1, 3)), (11.0, 2e6, False), (1.0, None, False))
    assert text_of(firmness(client, board.arena)).count("over 1 million") == 2


def test_ten_pairs_are_shown_and_all_behind_a_link(client, board):
    held(lines(board, *[(1, 15)] * 15), *[(2.0, 90.0, False)] * 14)
    assert firmness(client, board.arena).count("<tr>") == 1 + 10
    assert "All 14 pairs" in firmness(client, board.arena)
    assert firmness(client, board.arena, neighbours="all").count("<tr>") == 1 + 14


def test_money_is_the_mean_price_of_the_cheapest_judge_and_days_the_rate_of_voting(client, board):
    dear, cheap = (make_judge(name=name, protocol=name) for name in ("dear", "cheap"))
    make_judge_audit(board.arena, "program", cost=0)
    for judge, cost in ((dear, 400_000), (cheap, 80_000)):
        JudgeAudit.objects.create(judge=judge, arena=board.arena, cost=cost, n_games=80, made_at=timezone.now())
    make_snapshot(board, n_votes=30, created_at=timezone.now() - timedelta(days=10))
    make_snapshot(board, n_votes=70, created_at=timezone.now() - timedelta(hours=3))
    held(lines(board, (1, 2), (1, 2), (3, 3)), (11.0, 600.0, False), (50.0, 0.0, True))
    told = text_of(firmness(client, board.arena))
    # 600 verdicts at 80,000 / 80 = 1,000 micro-dollars; 60 votes in 10 days are 6 a day
    assert "about 600 100 days $0.60" in told
    assert "The rate is that of the last 10 days." in told
    assert "cheap" in told
    assert told.count("–") == 2  # of the pair that needs nothing


def test_without_a_rate_or_a_price_there_are_no_such_columns(client, board):
    held(lines(board, (1, 2), (1, 2)), (11.0, 600.0, False))
    told = firmness(client, board.arena)
    assert "At this rate" not in told
    assert "By a judge" not in told


def test_a_stored_snapshot_tells_what_holds_its_order_and_nothing_of_today(client, board):
    snapshot = lines(board, (1, 2), (1, 2))
    held(snapshot, (11.0, 600.0, False))
    page = client.get(snapshot.get_absolute_url()).text
    assert "model 0 above model 1 not yet 11 about 600" in text_of(page)
    assert "/swap/" not in page


# --- what was set aside --------------------------------------------------------------------------------------------------


def reasons(client, arena):
    page = page_of(client, arena)
    part = page[page.index('<section id="aside">') :]
    rows = re.findall(r'<tr><th scope="row"><bdi>(.*?)</bdi></th><td class="n">(.*?)</td>', part)
    return [(words.strip(), int(n)) for words, n in rows]


def test_what_was_set_aside_stands_with_its_reasons_and_counts(client):
    arena, _ = make_contest(n_prompts=6)
    votes = list(Vote.objects.order_by("pk").values_list("pk", flat=True))
    set_aside_votes(Vote.objects.filter(pk__in=votes[:3]), "the answer <names> its maker", None)
    set_aside_votes(Vote.objects.filter(pk__in=votes[3:4]), "too fast", None)
    known = {"kind": "battles", "format": "x", "filename": "f", "path": "f", "digest": "0" * 64, "state": "published"}
    source = Import.objects.create(arena=arena, **known)
    Vote.objects.filter(pk__in=votes[4:6]).update(source=source)
    record_import(Event.Kind.IMPORT_PUBLISHED, source, before="loading", reason="", actor=None)
    set_aside_import(source, "names were visible", None)
    publish_snapshot(make_board(arena, is_default=True))
    assert reasons(client, arena) == [
        ("the answer &lt;names&gt; its maker", 3), ("Set aside with a whole import", 2), ("too fast", 1),
    ]  # fmt: skip
    assert "6 votes are set aside" in page_of(client, arena)


def test_verdicts_that_do_not_count_stand_with_their_reasons(client):
    arena = make_arena("garden")
    board = make_board(arena, sources="judges", method="slot_levelled", is_default=True)
    left_out = {"set_aside": 2, "marked": 0, "of_judges": 480, "own": 3, "without_verdict": 5, "undecided": 0}
    parameters = {"level": 0.95, "sources": "judges", "combiner": "games", "left_out": left_out}
    lines(board, (1, 2), (1, 2), n_set_aside=2, parameters=parameters)
    assert reasons(client, arena) == [
        ("Of judges that do not count here", 480), ("Of judges on answers of their own model or family", 3),
        ("Set aside by a curator", 2),
    ]  # fmt: skip


def test_where_nothing_is_set_aside_there_is_no_table(client, board):
    lines(board, (1, 2), (1, 2))
    assert 'id="aside"' not in page_of(client, board.arena)


# --- judges beside people ------------------------------------------------------------------------------------------------


def test_judges_stand_beside_people_moved_to_the_same_mean(client, board):
    snapshot = lines(board, (1, 3), (1, 3), (1, 3))
    models = [entry.competitor for entry in snapshot.entries.order_by("pk")]
    judges = make_board(board.arena, sources="judges", method="slot_levelled")
    theirs = make_snapshot(judges, parameters={"level": 0.95, "sources": "judges", "combiner": "games"})
    for model, rating in zip(models[:2], (1100.0, 1000.0), strict=True):
        make_entry(theirs, model, rating)
    page = page_of(client, board.arena)
    # people: 1000 and 999, mean 999.5; judges: mean 1050, so 50.5 less
    assert re.findall(r"; judges (\d+)", page) == ["1050", "950"]
    assert page.count('href="#ghost" class="ghost" x=') == 2
    assert "rating by judges on their own board, moved to the same mean" in page
    assert 'href="#ghost"' not in client.get(snapshot.get_absolute_url()).text


def test_without_a_board_of_judges_nothing_stands_beside_people(client, board):
    lines(board, (1, 2), (1, 2))
    assert "ghost" not in page_of(client, board.arena)


def test_a_poll_hears_of_a_new_board_of_judges(client, board):
    snapshot = lines(board, (1, 2), (1, 2))
    headers = {"HX-Request": "true"}
    tag = client.get(board.arena.get_absolute_url(), headers=headers)["ETag"]
    judges = make_board(board.arena, sources="judges", method="slot_levelled")
    theirs = make_snapshot(judges, parameters={"level": 0.95, "sources": "judges", "combiner": "games"})
    for entry in snapshot.entries.all():
        make_entry(theirs, entry.competitor, entry.rating)
    again = client.get(board.arena.get_absolute_url(), headers=headers | {"If-None-Match": tag})
    assert again.status_code == 200
