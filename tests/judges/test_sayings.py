"""What rules say: English where it is stored, any language where it is read."""

import pytest

from judges.audits.figures.set_texts import GOLD_WORDS, LABELLED, WORDS, saying_of
from judges.card_parameters import Parameters
from judges.sayings import Refused, Saying, as_it_is
from judges.template_slots import check_template
from judges.verdicts.combiners import PlayedGame, combine
from judges.verdicts.game_states import ENDED, GameState
from judges.verdicts.verdict import Verdict

GERMAN = {
    "no outcome has more than half of %(n)s games": "nichts hat mehr als die Hälfte von %(n)s Spielen",
    "the template lacks %(slots)s": "der Vorlage fehlt %(slots)s",
    "%(fault)s. %(told)s": "%(fault)s! %(told)s",
    "left out: %(what)s": "ausgelassen: %(what)s",
}


def gettext(text):
    return GERMAN.get(text, text)


def ngettext(one, many, n):
    return gettext(one if n == 1 else many)


def translated(saying):
    return saying.translated(gettext, ngettext, number=lambda n: f"{n:,}".replace(",", "."))


def test_a_decision_says_why_in_english_and_in_another_language():
    games = [PlayedGame("ab", number, Verdict("first" if number % 2 else "second")) for number in range(1_000)]
    found = combine("majority_of_repeats", games)
    assert found.reason == "no outcome has more than half of 1,000 games"
    assert translated(found.why) == "nichts hat mehr als die Hälfte von 1.000 Spielen"


def test_a_refused_template_is_told_part_by_part():
    with pytest.raises(ValueError, match=r"^the template lacks \{answer_1\}\. Its slots are") as raised:
        check_template("{prompt} {answer_2}", needed=frozenset({"prompt", "answer_1", "answer_2"}), optional=frozenset())
    assert isinstance(raised.value, Refused)
    assert translated(raised.value.saying).startswith("der Vorlage fehlt {answer_1}! Its slots are")


def test_a_refused_parameter_says_what_is_allowed():
    with pytest.raises(Refused, match="max_tokens is 0; allowed are whole numbers from 1 to 200,000"):
        Parameters(max_tokens=0)


def test_words_of_others_are_asked_of_no_catalogue():
    asked = []
    as_it_is("100 % of it").translated(lambda text: asked.append(text) or text)
    assert (asked, str(as_it_is("100 % of it"))) == ([], "100 % of it")


def test_what_is_stored_can_be_told_again():
    saying = Saying("left out: %(what)s", {"what": as_it_is("x")})
    assert translated(Saying.of(saying.as_stored())) == "ausgelassen: x"


def test_every_set_of_battles_has_words_by_its_key():
    keys = [*WORDS, *(f"{ENDED}{state}" for state in GameState), *(f"gold_7_{key}" for key in (*GOLD_WORDS, *LABELLED))]
    keys += [f"gold_7_not_{key}" for key in GOLD_WORDS]
    assert [key for key in keys if saying_of(key) is None] == []
    assert (saying_of("of_old"), saying_of("gold_7_of_old"), saying_of("ended_x")) == (None, None, None)
