"""Texts of the notes, reasons and methods of figures: each by its code, in one place.

Programs go by codes alone. A note is a code with parameters; `in_words` makes its sentence, in English or by a catalogue of
another language. `gettext_noop` and `ngettext_lazy` are called as Django's are, so that `makemessages` finds the texts: this
folder knows no Django. In a text `%(n)s` groups a whole number by thousands, `%(n)d` does not.
"""

from collections.abc import Callable, Mapping
from typing import Any

from judges.sayings import (
    Gettext,
    GroupedNumber,
    Ngettext,
    Plural,
    Saying,
    Signed,
    either,
    gettext_noop,
    grouped,
    ngettext_lazy,
    plainly,
)

UNITS: Mapping[str, str] = {
    "answers": gettext_noop("answers"),
    "battles": gettext_noop("battles"),
    "battles_in_one_order": gettext_noop("battles in one order"),
    "competitors": gettext_noop("competitors"),
    "discordant_battles": gettext_noop("discordant battles"),
    "games": gettext_noop("games"),
    "gold_pairs": gettext_noop("gold pairs"),
    "graded_answers": gettext_noop("graded answers"),
    "inconsistent_battles": gettext_noop("inconsistent battles"),
    "items": gettext_noop("items"),
    "pairs_of_competitors": gettext_noop("pairs of competitors"),
    "replies": gettext_noop("replies"),
    "triads": gettext_noop("triads"),
    "verdicts": gettext_noop("verdicts"),
}

NOTES: Mapping[str, str | Plural] = {
    # of any figure
    "not_made": gettext_noop("could not be made: %(error)s"),
    "none_to_test": gettext_noop("no %(unit)s to test"),
    "none_of_kind": gettext_noop("no %(unit)s of this kind"),
    "zero_by_zero": gettext_noop("0/0 on these data"),
    "one_prompt": gettext_noop("all on one prompt: no interval"),
    "undefined_resampled": gettext_noop("no interval: undefined on resampled data"),
    "alike_resampled": gettext_noop("no interval: all resampled data say the same"),
    "replicates_lost": gettext_noop("undefined on %(n_lost)d of %(n)d replicates"),
    "one_prompt_carries": gettext_noop("no interval: one prompt carries it alone"),
    "worth_prompts": gettext_noop("as informative as %(n).1f prompts of equal weight"),
    "few_prompts": ngettext_lazy(
        "%(n)s prompt only: the interval is likely too narrow", "%(n)s prompts only: the interval is likely too narrow"
    ),
    "no_interval": gettext_noop("no interval: %(error)s"),
    "no_finite_estimate": gettext_noop("no finite estimate: %(error)s"),
    # agreement with people and gold labels
    "nobody_says": gettext_noop("neither people nor gold labels say of any of its battles which answer is better"),
    "nobody_says_because": gettext_noop(
        "neither people nor gold labels say of any of its battles which answer is better (%(why)s)"
    ),
    "no_two_votes": gettext_noop("no battle of it has votes of two people"),
    "no_reply_has_verdict": gettext_noop("no reply on a labelled battle has a verdict"),
    "left_out": gettext_noop("left out: %(which)s"),
    "battles_split": ngettext_lazy("%(n)s battle on which people are split", "%(n)s battles on which people are split"),
    "battles_contradicted": ngettext_lazy(
        "%(n)s battle whose gold labels contradict each other", "%(n)s battles whose gold labels contradict each other"
    ),
    "battles_unasked": ngettext_lazy(
        "%(n)s battle that a rule decided or that it was never asked about",
        "%(n)s battles that a rule decided or that it was never asked about",
    ),
    "all_silent": gettext_noop("none of %(n)s replies on labelled battles has a verdict"),
    "labelled_by": gettext_noop("%(n_people)s by people's votes, %(n_gold)s by gold labels"),
    "silent_replies": gettext_noop("%(n_silent)s of %(n)s replies have no verdict and count as disagreement"),
    "from_grades": gettext_noop("from grades of single answers"),
    "from_one_order": gettext_noop("from one order alone: what a liking for a slot adds or takes is in it"),
    "some_in_one_order": ngettext_lazy(
        "%(n)s of %(n_all)s battles was judged in one order only", "%(n)s of %(n_all)s battles were judged in one order only"
    ),
    "no_orders": gettext_noop("answers are graded one by one: there is no order"),
    "one_order": gettext_noop("its battles were judged in one order only: ask in the other order too"),
    "orders_never_agree": gettext_noop("on none of %(n)s labelled battles do the two orders say the same"),
    "selected_part": gettext_noop("a selected part: %(n)s of %(n_all)s labelled battles (%(percent).1f %%)"),
    "no_grades": gettext_noop("judge or people gave no grades on five points"),
    "infinite_loss": gettext_noop("a chance of 0 was given to what people prefer: infinite"),
    # gold labels
    "gold_set": gettext_noop("gold set %(name)s"),
    "gold_contradicted": ngettext_lazy(
        "%(n)s pair with labels that contradict each other left out",
        "%(n)s pairs with labels that contradict each other left out",
    ),
    "gold_ties": ngettext_lazy(
        "%(n)s pair labelled as a tie left out: it has no winner", "%(n)s pairs labelled as ties left out: they have no winner"
    ),
    "gold_not_judged_so": ngettext_lazy(
        "%(n)s pair left out that was not judged so", "%(n)s pairs left out that were not judged so"
    ),
    "gold_none_first": gettext_noop("no pair was judged with the answer first that its file shows first"),
    "gold_none_second": gettext_noop("no pair was judged with the answer first that its file shows second"),
    "gold_all_ties": gettext_noop("every label is a tie"),
    "unusable_verifiers": ngettext_lazy(
        "answers to %(n)s prompt left out, whose verifier cannot be used (%(named)s)",
        "answers to %(n)s prompts left out, whose verifier cannot be used (%(named)s)",
    ),
    # position
    "ties_left_out": ngettext_lazy("%(n)s tie left out", "%(n)s ties left out"),
    "orders_unbalanced": gettext_noop(
        "in %(n_more)s of %(n)s games that model of a pair stands first which does so more often: quality and slot are mixed "
        "up, see gamma"
    ),
    "of_both_orders": ngettext_lazy(
        "of %(n)s battle with a verdict in both orders", "of %(n)s battles with a verdict in both orders"
    ),
    "no_games_with_verdict": gettext_noop("no games with a verdict"),
    "none_in_both_orders": gettext_noop("no battle has a verdict in both orders"),
    "nobody_rated": gettext_noop("no competitors that both won and lost, so there are no ratings to separate slots from"),
    "confounded": gettext_noop("slots and ratings cannot be told apart: show pairs in both orders"),
    "one_slot_chosen": ngettext_lazy(
        "slot %(slot)s was chosen in all %(n)s game: the estimate leans on its prior",
        "slot %(slot)s was chosen in all %(n)s games: the estimate leans on its prior",
    ),
    "unrated_left_out": ngettext_lazy(
        "%(n)s game of competitors without a rating is left out", "%(n)s games of competitors without a rating are left out"
    ),
    "no_repeats": gettext_noop("nothing was asked more than once"),
    "one_reply_left_out": gettext_noop("%(n)s with one reply left out"),
    "graded_once_left_out": gettext_noop("%(n)s graded once left out"),
    "no_slots": gettext_noop("answers are graded one by one: there are no slots"),
    # looks, family
    "none_differ": gettext_noop("no battles whose answers differ in it, with a verdict of judge and people"),
    "same_side": gettext_noop("the judge always prefers the same side"),
    "own_preferred": gettext_noop("%(n)d of them own preferred"),
    # scores
    "none_scored_twice": gettext_noop("no answer was scored twice"),
    "no_scores": gettext_noop("no game has scores"),
    "answers_lack_games": ngettext_lazy(
        "%(n)s answer left out that lacks one of the %(n_games)s games",
        "%(n)s answers left out that lack one of the %(n_games)s games",
    ),
    # boards
    "not_resampled": gettext_noop("the judge's ratings were not resampled"),
    "boards_not_resampled": gettext_noop("no interval: ratings were not resampled"),
    "of_resampled_boards": gettext_noop("%(n)d resampled boards; it is made of intervals and has none of its own"),
    "few_on_both_boards": gettext_noop("fewer than 3 competitors are on both boards"),
    "unrated_on_board": ngettext_lazy(
        "%(n)s competitor without a rating on its board", "%(n)s competitors without a rating on its board"
    ),
    # verdicts on marked answers, and coverage
    "marked_left_out": gettext_noop("left out of every figure but coverage"),
    "marked_counted": gettext_noop("counted in every figure"),
    "all_left_out": ngettext_lazy(
        "its one verdict is left out: it is on answers that seem to speak to their judge",
        "all %(n)s verdicts are left out: they are on answers that seem to speak to their judge",
    ),
    "coverage_alike": gettext_noop("every game has a verdict, or none has, or there is one competitor"),
    "counted_for_both": gettext_noop("a game counts for both its competitors"),
    "small_counts": gettext_noop("expected counts under %(n)s: approximate"),
    "low_coverage": gettext_noop("coverage is %(percent).3g %%, under %(least)g %%"),
    "coverage_differs": gettext_noop("coverage differs between competitors"),
    # whether a judge may be used
    "inconsistent": gettext_noop(
        "the upper 95 %% limit of its consistency is %(high).3g, under %(least)g (%(n)s battles in both orders)"
    ),
    "few_verdicts": ngettext_lazy(
        "only %(n_said)s of the %(n)s games that it was asked has a verdict, under half",
        "only %(n_said)s of the %(n)s games that it was asked have a verdict, under half",
        number="n_said",
    ),
    "its_one_game_silent": gettext_noop("the one game that it was asked has no verdict"),
    "not_measured": gettext_noop(
        "not measured in both orders: no battle has its verdict in both, so how much the slot sways it is not known"
    ),
    "few_battles": ngettext_lazy(
        "only %(n)s battle has its verdict in both orders: a judge is measured by %(least)s or more",
        "only %(n)s battles have its verdict in both orders: a judge is measured by %(least)s or more",
    ),
    # methods of intervals and tests
    "clopper_pearson": gettext_noop("Clopper-Pearson, exact binomial test against 1/2"),
    "wilson": gettext_noop("Wilson"),
    "wilson_on_prompts": ngettext_lazy("Wilson on %(n)s prompt", "Wilson on %(n)s prompts"),
    "wilson_by_prompt": gettext_noop("Wilson as on %(trials)s independent replies of %(n)s, clustered by prompt"),
    "wilson_by_battle": gettext_noop("Wilson as on %(trials)s independent replies of %(n)s, clustered by battle"),
    "sign_test": gettext_noop("sign test by battle"),
    "bootstrap_by_item": gettext_noop("percentile bootstrap by item, %(n)d replicates"),
    "bootstrap_by_prompt": gettext_noop("percentile bootstrap by prompt, %(n)d replicates"),
    "bootstrap_of_boards": gettext_noop("percentile bootstrap of both boards, %(n)d replicates"),
    "bayesian_by_item": gettext_noop("Bayesian bootstrap by item, %(n)d replicates"),
    "bayesian_by_prompt": gettext_noop("Bayesian bootstrap by prompt, %(n)d replicates"),
    "t_by_prompt": gettext_noop("t(%(df).3g), clustered by prompt"),
    "normal_by_prompt": gettext_noop("normal, clustered by prompt"),
    # what another part says, in its own words
    "said": "%(text)s",
}

TEXTS: Mapping[str, str | Plural] = {**UNITS, **NOTES}


def in_words(
    code: str,
    parameters: Mapping[str, Any],
    *,
    gettext: Gettext = str,
    ngettext: Ngettext | None = None,
    number: Callable[[int], str] = grouped,
    signed: Signed = plainly,
) -> str:
    """The sentence of a code with its parameters.

    A parameter may itself be a note, as a mapping with `code` and `parameters`, or a list of notes. `number` groups whole
    numbers, and `signed` fills in those with signs of their own, as in English unless they are given.

    Examples
    --------
    >>> in_words("few_prompts", {"n": 1})
    '1 prompt only: the interval is likely too narrow'
    >>> in_words("left_out", {"which": [{"code": "battles_split", "parameters": {"n": 1_000}}]})
    'left out: 1,000 battles on which people are split'
    """
    text = TEXTS[code]
    values = {name: _shown(value, gettext, ngettext, number, signed) for name, value in parameters.items()}
    if isinstance(text, Plural):
        chosen = (ngettext or either)(text.one, text.many, parameters[text.number])
        return signed(chosen, values) % values
    return signed(gettext(text), values) % values


def _shown(value: Any, gettext: Gettext, ngettext: Ngettext | None, number: Callable[[int], str], signed: Signed) -> Any:
    if isinstance(value, Mapping) and "values" in value:
        return Saying.of(value).translated(gettext, ngettext, number=number, signed=signed)
    if isinstance(value, Mapping):
        return in_words(value["code"], value["parameters"], gettext=gettext, ngettext=ngettext, number=number, signed=signed)
    if isinstance(value, list):
        return "; ".join(_shown(each, gettext, ngettext, number, signed) for each in value)
    return GroupedNumber(value, number) if type(value) is int else value
