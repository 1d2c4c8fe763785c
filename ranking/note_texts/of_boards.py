"""Texts of what boards tell of their evidence and of those without a rating, by codes; `TEXTS` are all that pages show."""

from ranking.note_texts.of_the_library import OF_THE_LIBRARY
from ranking.note_texts.words import Texts, gettext_noop, ngettext_lazy

_ON_METHODS: Texts = {
    "unfitted": "%(cause)s",
    "style.coefficient": gettext_noop("%(name)s: %(estimate)+.3f (%(level)g %% interval %(low)+.3f to %(high)+.3f)"),
    "style.coefficient_alone": gettext_noop("%(name)s: %(estimate)+.3f (no interval can be given)"),
    "covariate.length": gettext_noop("length"),
    "covariate.headers": gettext_noop("headers"),
    "covariate.lists": gettext_noop("lists"),
    "covariate.bold": gettext_noop("bold"),
    "covariate.code": gettext_noop("code"),
    "slot.of_judge": gettext_noop("slot intercept of %(judge)s"),
    "slot.with_interval": gettext_noop("%(name)s: %(estimate)+.3f (%(level)g %% interval %(low)+.3f to %(high)+.3f)"),
    "slot.without_interval": gettext_noop("%(name)s: %(estimate)+.3f (no interval can be given)"),
    "at_limit.width": gettext_noop("the width of ties has no finite estimate: %(reason)s"),
    "at_limit.other": gettext_noop("%(name)s has no finite estimate: %(reason)s"),
    "only_by_elo": gettext_noop("Elo is pulled to its start, so it has a number also where no rating exists: %(shown)s"),
    "and_n_more": gettext_noop("and %(n)d more"),
    "named_reason_after_colon": gettext_noop("%(name)s: %(reason)s"),
    "no_texts": gettext_noop("the texts of no two answers are known: only the side shown first is levelled"),
    "style.left_out": ngettext_lazy(
        "%(n)s vote on answers without text left out: their style is not known",
        "%(n)s votes on answers without text left out: their style is not known",
    ),
    "style.verdicts_left_out": ngettext_lazy(
        "%(n)s verdict on answers without text left out: their style is not known",
        "%(n)s verdicts on answers without text left out: their style is not known",
    ),
    "style.alike": gettext_noop("answers never differ in %(names)s"),
}

_ON_CATEGORIES: Texts = {
    "weighed.nobody": gettext_noop("%(category)s does not count: nobody can be rated in it"),
    "weighed.within": gettext_noop("in %(category)s: %(note)s"),
    "weighed.one_level": gettext_noop("no category here has subcategories, so Borda points of two levels are those of one"),
    "weighed.none_shared": gettext_noop("no model is rated in all of these categories, so none can be ranked over them"),
    "weighed.one_shared": gettext_noop("only one model is rated in all of these categories, so there is nothing to rank"),
    "weighed.missing": gettext_noop("not rated in %(categories)s"),
    "borrowed.alike": gettext_noop("nothing shows that categories differ, so all have the ratings of the whole"),
    "borrowed.one": gettext_noop("there is no other category to borrow from"),
    "categories.many": gettext_noop("such a board takes up to %(most)d models, and this arena has %(n)d"),
}

_ON_COMBINING: Texts = {
    "without_external": gettext_noop("votes that programs brought of voters of their own do not count on this board"),
    "combined.pooled": gettext_noop(
        "every verdict counts as a vote here: what judges like moves the ratings, and the intervals do not know of it; a "
        "prediction-powered board takes votes for the truth"
    ),
    "combined.untold": gettext_noop("holds if the voted battles are a random part of those judged"),
    "combined.drawn": gettext_noop("the battles that judges are measured by were drawn by lot among those judged"),
    "combined.asked": gettext_noop(
        "judges were asked about %(battles)s (%(verdicts)s), and people voted on %(n_labels)s of these: trust is %(trust)s, so "
        "that intervals are %(narrower)s"
    ),
    "battles": ngettext_lazy("%(n)s battle", "%(n)s battles"),
    "verdicts": ngettext_lazy("%(n)s verdict", "%(n)s verdicts"),
    "votes_and_verdicts": ngettext_lazy("%(n)s vote or verdict", "%(n)s votes and verdicts"),
    "games": ngettext_lazy("%(n)s game", "%(n)s games"),
    "one_share": gettext_noop("%(share).2f"),
    "range": gettext_noop("%(low).2f to %(high).2f"),
    "narrower": gettext_noop("%(percent).0f %% narrower than those of people alone"),
    "as_of_people": gettext_noop("those of people alone"),
    "votes_alone": gettext_noop("people’s votes alone make these ratings: %(reason)s"),
    "few_voted_prompts": ngettext_lazy(
        "%(n)s prompt has votes, and it takes %(least)d to learn what judges are worth",
        "%(n)s prompts have votes, and it takes %(least)d to learn what judges are worth",
    ),
    "none_asked": gettext_noop("no judge that counts was asked about any battle"),
    "all_voted": gettext_noop("people voted on every battle that judges were asked about, so verdicts have nothing to add"),
    "none_voted": gettext_noop("judges were asked about no battle that people voted on"),
    "few_prompts_with_both": ngettext_lazy(
        "%(n)s prompt has battles with votes and verdicts, and it takes %(least)d to learn what judges are worth",
        "%(n)s prompts have battles with votes and verdicts, and it takes %(least)d to learn what judges are worth",
    ),
}

_ON_JUDGES: Texts = {
    "judge.counts_by_choice": gettext_noop(
        "judge %(judge)s counts, with its %(verdicts)s, by a curator’s choice: “%(because)s”; by the rule it is unusable: "
        "%(reasons)s"
    ),
    "judge.excluded_by_choice": gettext_noop(
        "judge %(judge)s does not count, with its %(verdicts)s, by a curator’s choice: “%(because)s”"
    ),
    "judge.retired": gettext_noop("retired judges do not count here: %(judges)s"),
    "judge.unusable": gettext_noop("judge %(judge)s is unusable, so its %(verdicts)s do not count: %(reasons)s"),
    "judge.panel_too_small": gettext_noop(
        "a panel decides by the verdicts of %(least)d judges or more, and only %(who)s counts here: choose more judges, or "
        "another rule"
    ),
    "judge.panel_of_nobody": gettext_noop(
        "a panel decides by the verdicts of %(least)d judges or more, and none counts here: choose others, or another rule"
    ),
    "judge.absent": gettext_noop("judges of the jury without games here: %(judges)s"),
    "no_such_judge": gettext_noop("number %(n)d (no such judge)"),
    "judge_by_number": gettext_noop("judge %(n)d"),
    "model_by_number": gettext_noop("model %(n)d"),
    "name_and_count": gettext_noop("%(name)s %(n)s"),
    "models_and_more": gettext_noop("%(models)s and %(n)d more models"),
    "marked.left_out": ngettext_lazy(
        "%(n)s verdict on answers that seem to speak to a judge do not count: %(models)s",
        "%(n)s verdicts on answers that seem to speak to a judge do not count: %(models)s",
    ),
    "marked.counted": ngettext_lazy(
        "%(n)s verdict on answers that seem to speak to a judge count like any others: %(models)s",
        "%(n)s verdicts on answers that seem to speak to a judge count like any others: %(models)s",
    ),
    "judges.not_asked": ngettext_lazy(
        "%(n)s game of judges not asked: a card leaves such answers out, or there was none",
        "%(n)s games of judges not asked: a card leaves such answers out, or there was none",
    ),
    "judges.coverage": ngettext_lazy(
        "coverage %(percent).1f %%: %(n)s of %(games)s of judges has a verdict",
        "coverage %(percent).1f %%: %(n)s of %(games)s of judges have a verdict",
    ),
    "judges.low_coverage": ngettext_lazy(
        "coverage %(percent).1f %%, under %(least).0f %%: %(n)s of %(games)s of judges has a verdict",
        "coverage %(percent).1f %%, under %(least).0f %%: %(n)s of %(games)s of judges have a verdict",
    ),
    "judges.coverage_differs": gettext_noop(
        "coverage differs between competitors (chi-square, p < %(alpha)g): who failed is not left out at random"
    ),
    "judges.decided": gettext_noop("%(n)s of %(battles)s decided"),
    "judges.decided_each": gettext_noop("%(n)s of %(battles)s decided (each judge's battles for themselves)"),
    "judges.decided_and_left": "%(decided)s; %(left)s",
    "count_and_what": gettext_noop("%(n)s %(what)s"),
    "judges.weights": gettext_noop("weights of jurors: %(weights)s"),
    "there_are_none": gettext_noop("there are none"),
    "weight": gettext_noop("%(judge)s %(weight).2f (right on %(n_right)s of %(n)s gold labels)"),
    "weight.none": gettext_noop("%(judge)s none, no better than chance (right on %(n_right)s of %(n)s gold labels)"),
    "weight.unknown": gettext_noop("%(judge)s none, for want of gold labels"),
    "judges.own_left_out": gettext_noop("games of judges on answers of their own model or family do not count: %(counts)s"),
    "judges.own_counted": gettext_noop(
        "games of judges on answers of their own model or family count like any others: %(counts)s"
    ),
    "judges.not_in_both_orders": gettext_noop(
        "not measured in both orders, and counted: %(names)s; how much the slot sways them is not known"
    ),
    "judges.few_battles": gettext_noop("measured on few battles in both orders, and counted: %(names)s"),
    "judges.one_answer_at_a_time": gettext_noop(
        "not measured in both orders, and counted: %(names)s; they see one answer at a time"
    ),
    "measured_on": gettext_noop("%(judge)s (%(n)d of %(least)d)"),
}

_ON_THE_UNRATED: Texts = {
    "no_votes": gettext_noop("no votes yet"),
    "not_comparable": gettext_noop("not comparable with the others yet"),
    "set_aside": gettext_noop("no vote that counts: the votes here were set aside"),
    "no_votes_no_verdicts": gettext_noop("no votes and no verdicts yet"),
    "not_judged": gettext_noop("no judge has judged it yet"),
    "only_judged": gettext_noop("only judges have met it, and a rating takes people’s votes"),
    "games_without_verdict": ngettext_lazy(
        "its one game with a judge has no verdict", "none of its %(n)s games with judges has a verdict"
    ),
    "games_not_counted": ngettext_lazy("its one game: %(counts)s", "none of its %(n)s games with judges counts: %(counts)s"),
    "game.set_aside": gettext_noop("%(n)s set aside"),
    "game.marked": gettext_noop("%(n)s on answers that seem to speak to a judge"),
    "game.of_judges": gettext_noop("%(n)s of judges that do not count here"),
    "game.own": gettext_noop("%(n)s of judges on answers of their own model or family"),
    "game.undecided": gettext_noop("%(n)s on battles that the rule does not decide"),
    "game.without_verdict": gettext_noop("%(n)s without a verdict"),
}

OF_BOARDS: Texts = {**_ON_METHODS, **_ON_CATEGORIES, **_ON_COMBINING, **_ON_JUDGES, **_ON_THE_UNRATED}
TEXTS: Texts = {**OF_THE_LIBRARY, **OF_BOARDS}
"""What pages show; notes of the library stand inside those of boards."""
