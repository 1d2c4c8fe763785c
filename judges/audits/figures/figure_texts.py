"""Names, units and meanings of figures: the texts of every figure, by its key."""

from collections.abc import Mapping
from typing import NamedTuple

from judges.sayings import gettext_noop


class FigureText(NamedTuple):
    """What a figure is called, the code of what it counts, and what it means (`%(unit)s` is what it counts)."""

    name: str
    unit: str
    formula: str


_ALL_REPLIES = gettext_noop(
    "mean over labelled battles of the share of replies that name the label, each order alike; a tie is a class, and a "
    "reply without verdict does not agree"
)
_ACCURACY = gettext_noop("reply = label / %(unit)s")
_PRECISION = gettext_noop("mean over classes of right / said")
_RECALL = gettext_noop("mean over classes of right / labelled")
_F1 = gettext_noop("mean over classes of 2 right / (said + labelled)")

FIGURES: Mapping[str, FigureText] = {
    # people
    "agreement_with_people": FigureText(gettext_noop("agreement with people"), "battles", _ALL_REPLIES),
    "agreement_with_gold": FigureText(gettext_noop("agreement with gold labels"), "battles", _ALL_REPLIES),
    "agreement_with_both": FigureText(gettext_noop("agreement with people and gold labels"), "battles", _ALL_REPLIES),
    "agreement_of_orders": FigureText(
        gettext_noop("agreement where both orders agree"),
        "battles",
        gettext_noop("decision = label / labelled battles whose two orders say the same"),
    ),
    "agreement_of_winners": FigureText(
        gettext_noop("agreement without ties"),
        "replies",
        gettext_noop("same winner / replies on labelled battles where both name one"),
    ),
    "cohen_kappa": FigureText(
        gettext_noop("Cohen's kappa"),
        "replies",
        gettext_noop("(p_o - p_e) / (1 - p_e) over all replies, p_e from either one's shares"),
    ),
    "scott_pi": FigureText(
        gettext_noop("Scott's pi"), "replies", gettext_noop("(p_o - p_e) / (1 - p_e) over all replies, p_e from pooled shares")
    ),
    "krippendorff_alpha": FigureText(
        gettext_noop("Krippendorff's alpha"), "replies", gettext_noop("1 - D_o / D_e over all replies, nominal")
    ),
    "weighted_kappa": FigureText(
        gettext_noop("weighted kappa"),
        "battles",
        gettext_noop(
            "linear weights on five points, -2 to 2, where the judge decides; means of a battle's grades, a half goes to the "
            "middle"
        ),
    ),
    "agreement_by_chance": FigureText(
        gettext_noop("agreement by guessing"),
        "replies",
        gettext_noop("p_e: agreement of replies that are dealt out at random, with the shares of judge and labels kept"),
    ),
    "agreement_among_people": FigureText(
        gettext_noop("agreement of people with each other"),
        "battles",
        gettext_noop(
            "mean over battles with two votes or more of the share of voters who say what most of the others say; a tie is a "
            "class, and a voter whose others are split is left out"
        ),
    ),
    # gold
    "first_order": FigureText(
        gettext_noop("right in the first order"),
        "gold_pairs",
        gettext_noop("verdict in the file's own order = label / pairs judged in it"),
    ),
    "second_order": FigureText(
        gettext_noop("right in the second order"),
        "gold_pairs",
        gettext_noop("verdict in the other order = label / pairs judged in it"),
    ),
    "both_orders": FigureText(
        gettext_noop("right in both orders"),
        "gold_pairs",
        gettext_noop("both verdicts = label / pairs judged in both orders; a tie is a class"),
    ),
    "two_game_sum": FigureText(
        gettext_noop("right by the two-game sum"),
        "gold_pairs",
        gettext_noop("+1 right, -1 wrong, 0 else: sum above 0 / pairs judged in both orders"),
    ),
    "half_credit": FigureText(
        gettext_noop("half for a disagreement"),
        "gold_pairs",
        gettext_noop("both orders right 1, a tie or disagreement 1/2 / pairs judged in both orders"),
    ),
    "n_inconsistent": FigureText(
        gettext_noop("inconsistent"), "gold_pairs", gettext_noop("two verdicts that differ / pairs judged in both orders")
    ),
    "n_null": FigureText(
        gettext_noop("without a verdict in both orders"),
        "gold_pairs",
        gettext_noop("an order without verdict / pairs judged in both orders"),
    ),
    # labels
    "accuracy": FigureText(gettext_noop("accuracy"), "gold_pairs", _ACCURACY),
    "macro_precision": FigureText(gettext_noop("macro precision"), "gold_pairs", _PRECISION),
    "macro_recall": FigureText(gettext_noop("macro recall"), "gold_pairs", _RECALL),
    "macro_f1": FigureText(gettext_noop("macro F1"), "gold_pairs", _F1),
    "accuracy_tie": FigureText(gettext_noop("accuracy, unreadable as ties"), "gold_pairs", _ACCURACY),
    "macro_precision_tie": FigureText(gettext_noop("macro precision, unreadable as ties"), "gold_pairs", _PRECISION),
    "macro_recall_tie": FigureText(gettext_noop("macro recall, unreadable as ties"), "gold_pairs", _RECALL),
    "macro_f1_tie": FigureText(gettext_noop("macro F1, unreadable as ties"), "gold_pairs", _F1),
    "accuracy_wrong": FigureText(gettext_noop("accuracy, unreadable as wrong"), "gold_pairs", _ACCURACY),
    "macro_precision_wrong": FigureText(gettext_noop("macro precision, unreadable as wrong"), "gold_pairs", _PRECISION),
    "macro_recall_wrong": FigureText(gettext_noop("macro recall, unreadable as wrong"), "gold_pairs", _RECALL),
    "macro_f1_wrong": FigureText(gettext_noop("macro F1, unreadable as wrong"), "gold_pairs", _F1),
    "accuracy_drop": FigureText(gettext_noop("accuracy, unreadable left out"), "gold_pairs", _ACCURACY),
    "macro_precision_drop": FigureText(gettext_noop("macro precision, unreadable left out"), "gold_pairs", _PRECISION),
    "macro_recall_drop": FigureText(gettext_noop("macro recall, unreadable left out"), "gold_pairs", _RECALL),
    "macro_f1_drop": FigureText(gettext_noop("macro F1, unreadable left out"), "gold_pairs", _F1),
    # position
    "position_consistency": FigureText(
        gettext_noop("position consistency"),
        "battles",
        gettext_noop("battles whose two orders say the same / battles with a verdict in both orders"),
    ),
    "position_consistency_of_winners": FigureText(
        gettext_noop("position consistency without ties"),
        "battles",
        gettext_noop("battles whose two orders name the same winner / battles whose orders both name one"),
    ),
    "first_among_inconsistent": FigureText(
        gettext_noop("first slot among inconsistent battles"),
        "inconsistent_battles",
        gettext_noop("F / (F + S); F, S: battles where the orders favour the first (second) slot"),
    ),
    "delta_bias": FigureText(
        gettext_noop("delta bias"),
        "battles",
        gettext_noop("|F - S| / n, battles whose orders favour the first (second) slot"),
    ),
    "total_bias": FigureText(
        gettext_noop("total bias"), "battles", gettext_noop("(F + S) / n, battles whose orders favour a slot")
    ),
    "first_slot_rate": FigureText(
        gettext_noop("first-slot rate"),
        "games",
        gettext_noop("first slot chosen / a slot chosen, over all games; test against 1/2"),
    ),
    "mcnemar": FigureText(
        gettext_noop("McNemar's test of the slot"),
        "discordant_battles",
        gettext_noop("first slot in both orders / one slot in both orders; exact against 1/2"),
    ),
    "slot_gamma": FigureText(
        gettext_noop("slot intercept gamma"),
        "games",
        gettext_noop("logit P(first wins) = theta_first - theta_second + gamma"),
    ),
    "repetition_stability": FigureText(
        gettext_noop("repetition stability"),
        "battles_in_one_order",
        gettext_noop("mean share of the most frequent of K repeats, K > 1"),
    ),
    "repetition_stability_of_grades": FigureText(
        gettext_noop("repetition stability"),
        "answers",
        gettext_noop("mean share of the most frequent of K grades of an answer, K > 1"),
    ),
    "consistency_of_repeats": FigureText(
        gettext_noop("consistency of repeats"),
        "battles",
        gettext_noop("battles whose repeats all come to the same / battles graded more than once"),
    ),
    # leniency
    "leniency_pc": FigureText(
        gettext_noop("leniency P_c"), "graded_answers", gettext_noop("TPR + TNR - 1: how often the judge sees the truth")
    ),
    "leniency_pplus": FigureText(
        gettext_noop("leniency P_+"),
        "graded_answers",
        gettext_noop("(1 - TNR) / (2 - TPR - TNR): says right where it does not see"),
    ),
    # looks
    "length_slope": FigureText(
        gettext_noop("length slope"),
        "battles",
        gettext_noop("beta in logit P(a) = alpha + delta h + beta tanh(length difference / sd)"),
    ),
    "lists_slope": FigureText(
        gettext_noop("lists slope"),
        "battles",
        gettext_noop("beta in logit P(a) = alpha + delta h + beta tanh(lists difference / sd)"),
    ),
    "bold_slope": FigureText(
        gettext_noop("bold slope"),
        "battles",
        gettext_noop("beta in logit P(a) = alpha + delta h + beta tanh(bold difference / sd)"),
    ),
    "length_preferred": FigureText(
        gettext_noop("P(longer preferred)"),
        "battles",
        gettext_noop("longer preferred / answers differ in it and the judge prefers one"),
    ),
    "length_preferred_by_people": FigureText(
        gettext_noop("P(longer preferred) by people"),
        "battles",
        gettext_noop("longer preferred / answers differ in it and people prefer one"),
    ),
    "lists_preferred": FigureText(
        gettext_noop("P(more list items preferred)"),
        "battles",
        gettext_noop("more list items preferred / answers differ in it and the judge prefers one"),
    ),
    "bold_preferred": FigureText(
        gettext_noop("P(more bold preferred)"),
        "battles",
        gettext_noop("more bold preferred / answers differ in it and the judge prefers one"),
    ),
    "length_preferred_of_equals": FigureText(
        gettext_noop("P(longer preferred) at equal quality"),
        "battles",
        gettext_noop("longer preferred / the same, where people prefer neither"),
    ),
    "lists_preferred_of_equals": FigureText(
        gettext_noop("P(more list items preferred) at equal quality"),
        "battles",
        gettext_noop("more list items preferred / the same, where people prefer neither"),
    ),
    "bold_preferred_of_equals": FigureText(
        gettext_noop("P(more bold preferred) at equal quality"),
        "battles",
        gettext_noop("more bold preferred / the same, where people prefer neither"),
    ),
    # own
    "own_preference": FigureText(
        gettext_noop("self and family preference"),
        "battles",
        gettext_noop("recall of what people prefer where it is the judge's own (family's) minus where the other answer is"),
    ),
    # calibration
    "brier_score": FigureText(
        gettext_noop("Brier score"), "battles", gettext_noop("mean (p - y)^2, y = 1 where people prefer a")
    ),
    "log_loss": FigureText(
        gettext_noop("log loss"), "battles", gettext_noop("-mean log of the chance given to what people prefer")
    ),
    "calibration_error": FigureText(
        gettext_noop("expected calibration error"),
        "battles",
        gettext_noop("sum over 10 bins of share * |mean p - mean y|"),
    ),
    # scores
    "icc_single": FigureText(
        gettext_noop("ICC(2,1) of scores"),
        "answers",
        gettext_noop("two-way random, absolute agreement of one game's score"),
    ),
    "icc_mean": FigureText(
        gettext_noop("ICC(2,k) of scores"),
        "answers",
        gettext_noop("two-way random, absolute agreement of the mean over k games"),
    ),
    # board
    "board_spearman": FigureText(
        gettext_noop("Spearman against the human board"), "competitors", gettext_noop("correlation of average ranks")
    ),
    "board_kendall": FigureText(gettext_noop("Kendall against the human board"), "competitors", gettext_noop("tau-b")),
    "separability": FigureText(
        gettext_noop("separability"),
        "pairs_of_competitors",
        gettext_noop("pairs whose 95 %% intervals on the judge's board do not overlap / pairs"),
    ),
    # transitivity, marks, coverage
    "transitivity": FigureText(
        gettext_noop("transitivity"),
        "triads",
        gettext_noop("triads on one prompt that are no cycle / triads whose three battles name winners"),
    ),
    "marked_verdicts": FigureText(
        gettext_noop("verdicts on marked answers"),
        "verdicts",
        gettext_noop("verdicts on answers that seem to speak to their judge / verdicts"),
    ),
    "coverage": FigureText(gettext_noop("coverage"), "games", gettext_noop("games with a verdict / games")),
    "differing_coverage": FigureText(
        gettext_noop("differing coverage"),
        "games",
        gettext_noop("chi-square of competitors by (verdict, none); the value is the statistic"),
    ),
    # figures that could not be made, a subject in one
    "agreement": FigureText(gettext_noop("agreement"), "games", ""),
    "position": FigureText(gettext_noop("position"), "games", ""),
    "leniency": FigureText(gettext_noop("leniency"), "games", ""),
    "looks": FigureText(gettext_noop("looks"), "games", ""),
    "calibration": FigureText(gettext_noop("calibration"), "games", ""),
    "scores": FigureText(gettext_noop("scores"), "games", ""),
    "board_order": FigureText(gettext_noop("order of the board"), "games", ""),
}
"""By key, which is that of the stored figure (of figures on gold sets: its `label`)."""
