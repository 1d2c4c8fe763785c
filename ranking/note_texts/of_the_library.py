"""Texts of the notes, reasons and causes of `ranking.maths`, by their codes."""

from ranking.note_texts.words import Texts, TwoForms, gettext_noop, ngettext_lazy

_ON_CLUSTERS: Texts = {
    "few_clusters.prompts": ngettext_lazy(
        "only %(n)g prompt, so results may differ with other prompts",
        "only %(n)g prompts, so results may differ with other prompts",
    ),
    "few_clusters_for_many.prompts": ngettext_lazy(
        "only %(n)g prompt for %(m)d models, so results may differ with other prompts",
        "only %(n)g prompts for %(m)d models, so results may differ with other prompts",
    ),
    "one_cluster.prompts": gettext_noop("only 1 prompt: of others it says nothing, so there are no intervals and no places"),
    "unknown_clusters.prompts": gettext_noop("prompts unknown: comparisons are taken as independent"),
    "outweighed.prompts": gettext_noop("one prompt outweighs the other %(n)g"),
    "outweighed_and_wide.prompts": gettext_noop("one prompt outweighs the other %(n)g, so intervals are very wide"),
    "most_on_few.prompts": gettext_noop(
        "most comparisons are on a few of %(n)g prompts: they tell as much as %(about)s prompts with as many each"
    ),
    "most_on_few_and_wide.prompts": gettext_noop(
        "most comparisons are on a few of %(n)g prompts: they tell as much as %(about)s prompts with as many each, so "
        "intervals are wide"
    ),
    "without_cluster.prompts": ngettext_lazy(
        "%(n)g comparison names no prompt: it counts as a prompt of its own",
        "%(n)g comparisons name no prompt: each counts as a prompt of its own",
    ),
    "more_on_few.prompts": ngettext_lazy("%(n)d more model has few prompts, too", "%(n)d more models have few prompts, too"),
    "votes": ngettext_lazy("%(n)g vote", "%(n)g votes"),
    "clusters.prompts": ngettext_lazy("%(n)g prompt", "%(n)g prompts"),
    "one_competitor.bridge.prompts": gettext_noop(
        "%(name)s: %(votes)s on %(clusters)s; without one of them nothing would link it with the others, so it has no interval "
        "and no place yet"
    ),
    "one_competitor.on_one.prompts": gettext_noop(
        "%(name)s: %(votes)s on %(clusters)s: too little to say how it does on others, so it has no interval and no place yet"
    ),
    "one_competitor.outweighed.prompts": gettext_noop(
        "%(name)s: %(votes)s on %(clusters)s, and one of them outweighs the others, so its interval is very wide"
    ),
    "one_competitor.most_on_few.prompts": gettext_noop(
        "%(name)s: %(votes)s on %(clusters)s, most on a few: they tell as much as %(about)s prompts with as many "
        "each, so its interval is wide"
    ),
    "one_competitor.few.prompts": gettext_noop("%(name)s: %(votes)s on %(clusters)s: so few make its interval wide"),
    "near_start.prompts": gettext_noop(
        "%(name)s: %(votes)s on %(clusters)s: so few leave it near its start, so its interval is narrower than by other "
        "methods and no surer"
    ),
}

# Of voters and judges: no board clusters by them, so no page says these.
_ON_OTHER_CLUSTERS: Texts = {
    "few_clusters.others": TwoForms(
        "only %(n)g %(column)s, so results may differ with other %(column)ss",
        "only %(n)g %(column)ss, so results may differ with other %(column)ss",
    ),
    "few_clusters_for_many.others": TwoForms(
        "only %(n)g %(column)s for %(m)d competitors, so results may differ with other %(column)ss",
        "only %(n)g %(column)ss for %(m)d competitors, so results may differ with other %(column)ss",
    ),
    "one_cluster.others": "only 1 %(column)s: of others it says nothing, so there are no intervals and no places",
    "unknown_clusters.others": "%(column)ss unknown: comparisons are taken as independent",
    "outweighed.others": "one %(column)s outweighs the other %(n)g",
    "outweighed_and_wide.others": "one %(column)s outweighs the other %(n)g, so intervals are very wide",
    "most_on_few.others": (
        "most comparisons are by a few of %(n)g %(column)ss: they tell as much as %(about)s %(column)ss with as many each"
    ),
    "most_on_few_and_wide.others": (
        "most comparisons are by a few of %(n)g %(column)ss: they tell as much as %(about)s %(column)ss with as many each, so "
        "intervals are wide"
    ),
    "without_cluster.others": TwoForms(
        "%(n)g comparison names no %(column)s: it counts as a %(column)s of its own",
        "%(n)g comparisons name no %(column)s: each counts as a %(column)s of its own",
    ),
    "more_on_few.others": TwoForms(
        "%(n)d more competitor has few %(column)ss, too", "%(n)d more competitors have few %(column)ss, too"
    ),
    "clusters.others": TwoForms("%(n)g %(column)s", "%(n)g %(column)ss"),
    "one_competitor.bridge.others": (
        "%(name)s: %(votes)s by %(clusters)s; without one of them nothing would link it with the others, so it has no interval "
        "and no place yet"
    ),
    "one_competitor.on_one.others": (
        "%(name)s: %(votes)s by %(clusters)s: too little to say how it does on others, so it has no interval and no place yet"
    ),
    "one_competitor.outweighed.others": (
        "%(name)s: %(votes)s by %(clusters)s, and one of them outweighs the others, so its interval is very wide"
    ),
    "one_competitor.most_on_few.others": (
        "%(name)s: %(votes)s by %(clusters)s, most by a few: they tell as much as %(about)s %(column)ss with as "
        "many each, so its interval is wide"
    ),
    "one_competitor.few.others": "%(name)s: %(votes)s by %(clusters)s: so few make its interval wide",
    "near_start.others": (
        "%(name)s: %(votes)s by %(clusters)s: so few leave it near its start, so its interval is narrower than by other "
        "methods and no surer"
    ),
}

_ON_LINKS: Texts = {
    "and_more": gettext_noop("%(names)s and %(n)d more"),
    "names": "%(names)s",
    "n_more": gettext_noop("%(n)d more"),
    "group": "{%(names)s}",
    "pair": gettext_noop("%(first)s and %(second)s"),
    "pairs_and_more": gettext_noop("%(pairs)s and %(n)d more pairs"),
    "unlinked": ngettext_lazy(
        "nothing links %(names)s with the others: it has a number, and no interval and no place yet",
        "nothing links %(names)s with the others: they have numbers, and no interval and no place yet",
    ),
    "apart": gettext_noop(
        "no comparisons link the groups %(groups)s and %(last)s: they have numbers, and no interval and no place yet"
    ),
    "flat": gettext_noop(
        "no spread in the outcomes that set %(pairs)s apart (all equal, or cancelling in every cluster): their width is the "
        "model's own, and they are not called separated"
    ),
    "light_result": gettext_noop("%(winner)s over %(loser)s (%(weight).2g)"),
    "light": gettext_noop(
        "results too light to link anybody, beside others that weigh up to %(heaviest).2g: %(shown)s; give weights that are "
        "not so far apart"
    ),
    "bonferroni": ngettext_lazy(
        "%(n)s pair is known far better than its two ratings, so rank ranges use Bonferroni’s critical value, which is "
        "somewhat larger than that of the largest difference",
        "%(n)s pairs are known far better than their two ratings, so rank ranges use Bonferroni’s critical value, which is "
        "somewhat larger than that of the largest difference",
    ),
    "beyond_arithmetic": gettext_noop(
        "weights of about %(unit).0e are beyond arithmetic: they only count beside each other, the largest as about 1"
    ),
    # why a competitor has no rating
    "no_comparisons": gettext_noop("no comparisons yet"),
    "not_connected": gettext_noop("not connected: no comparisons link it with the rated group"),
    "no_chain": gettext_noop("no chain of wins or ties leads both to and from the rated group"),
    "never_won": ngettext_lazy("never won or tied (%(n)g comparison)", "never won or tied (%(n)g comparisons)"),
    "never_lost": ngettext_lazy("never lost or tied (%(n)g comparison)", "never lost or tied (%(n)g comparisons)"),
    "group_never_won": gettext_noop("its group of %(n)d never won or tied against anyone outside it"),
    "group_never_lost": gettext_noop("its group of %(n)d never lost or tied against anyone outside it"),
}

_ON_FITS: Texts = {
    "not_told_apart": gettext_noop("the results do not tell apart what belongs to %(names)s"),
    "endless": gettext_noop("no finite number fits best for %(names)s: every outcome that it touches goes one way"),
    "all_tied": ngettext_lazy(
        "the only comparison is a tie, so nothing says how often a tie comes between equals, nor who is better",
        "all %(n)g comparisons are ties, so nothing says how often a tie comes between equals, nor who is better",
    ),
    "ties_outweigh": gettext_noop(
        "the tie width has no finite maximum: no chain of wins and ties that comes back to its beginning has more wins than "
        "ties"
    ),
    "ties_grow": gettext_noop(
        "no finite maximum: ratings and the width of ties can grow together (no chain of results that comes back to its "
        "beginning has more wins than ties)"
    ),
    "no_ties": ngettext_lazy(
        "none of %(n)g comparison is a tie: the model is Bradley-Terry",
        "none of %(n)g comparisons is a tie: the model is Bradley-Terry",
    ),
    "votes_rate_nobody": gettext_noop("human votes rate nobody: %(reason)s; ask more people"),
    "named_reason": gettext_noop("%(name)r %(reason)s"),
    "no_votes_at_all": gettext_noop("there are none"),
    "no_verdicts_between_rated": gettext_noop(
        "no verdicts with and without a human vote between the competitors that human votes rate"
    ),
    "same_in_all": gettext_noop(
        "%(name)r has the same rating in all %(n)d replicates: outcomes that are all equal give no width; more comparisons, or "
        "other clusters, are needed"
    ),
    "too_few_replicates": gettext_noop("%(n_kept)d of %(n)d replicates have finite ratings: at least 2 are needed"),
    "replicates_lost": gettext_noop("%(n_lost)d of %(n)d replicates have no finite ratings and are left out"),
    "replicates_miss_one": gettext_noop("%(n_lost)d of %(n)d replicates miss a competitor and are left out"),
    "order_noise": gettext_noop(
        "the noise of %(n_orders)d random orders each was %(percent).0f %% of the replicates' variance and is taken out"
    ),
    "too_much_order_noise": gettext_noop(
        "the noise of %(n_orders)d random orders each was %(percent).0f %% of the replicates' variance, too much to take out: "
        "use more orders"
    ),
    "rows_without_prompt": ngettext_lazy(
        "%(n)g row without a prompt: in no bracket", "%(n)g rows without a prompt: in no bracket"
    ),
    "void_brackets": gettext_noop("%(n_void)d of %(n)d brackets are void: a match had no stored result"),
    "void_prompts": ngettext_lazy(
        "%(n_void)d of %(n)g prompt without a complete bracket: left out",
        "%(n_void)d of %(n)g prompts without a complete bracket: left out",
    ),
}

OF_THE_LIBRARY: Texts = {**_ON_CLUSTERS, **_ON_OTHER_CLUSTERS, **_ON_LINKS, **_ON_FITS}
"""All texts of the library's notes by their codes."""
