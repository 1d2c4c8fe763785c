"""Boards and what they showed: a leaderboard defines what counts and how it is fitted; a snapshot is one stored fit."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from arena.clock import is_to_come
from arena.leases import LONGEST_REST, Leased, LeasedQuerySet
from arena.models import Arena, Competitor, NameField
from judges.verdicts import combiner_texts
from judges.verdicts.combiner_texts import COMBINER_TEXTS
from ranking.filters import LONGEST as LONGEST_FILTERS
from ranking.filters import WrongFilter, check_filters
from ranking.note_sentences import StoredNote, in_readers_language

LEAST_SECONDS_BETWEEN_FITS = 3.0
LEAST_SECONDS_BETWEEN_LONG_FITS = 15.0  # of other methods than the plain one, and of bootstraps
REST_PER_FIT = 5.0  # a live board rests five times as long as its last fit took


class Immutable(Exception):
    """A snapshot and its entries are written once."""


class LeaderboardQuerySet(LeasedQuerySet["Leaderboard"]):
    def live(self) -> "LeaderboardQuerySet":
        return self.filter(is_live=True)

    def named(self) -> "LeaderboardQuerySet":
        """All but those that a reader asked for and nobody kept."""
        return self.filter(is_asked=False)

    def plain(self) -> "LeaderboardQuerySet":
        """Boards of people's votes by the method that every arena's own board has."""
        people = self.filter(sources=Leaderboard.Sources.PEOPLE)
        return people.filter(method=Leaderboard.Method.BRADLEY_TERRY, intervals=Leaderboard.IntervalMethod.SANDWICH)


DEFINING = (
    "sources", "combiner", "jury", "own_answers", "marked", "counts_external", "method", "covariates", "clusters", "intervals",
    "category", "language", "filters",
)  # fmt: skip
"""The fields in which two boards of an arena must differ."""

COVARIATES = ("length", "headers", "lists", "bold", "code")
"""What style control can level, in the order of its columns."""


def check_covariates(value: str) -> None:
    unknown = [name for name in value.split() if name not in COVARIATES]
    if unknown or len(set(value.split())) < len(value.split()):
        message = gettext("%(value)r: name each of these at most once, with spaces between: %(names)s")
        raise ValidationError(message % {"value": value, "names": " ".join(COVARIATES)})


def check_jury(value: str) -> None:
    """Numbers in one order, so that one jury has one spelling."""
    numbers = value.split()
    if not all(number.isdecimal() for number in numbers) or value != written_jury(map(int, numbers)):
        message = gettext("%(value)r: write the numbers of judges in rising order, each once, with a space between.")
        raise ValidationError(message % {"value": value})


def check_written_filters(value: str) -> None:
    try:
        check_filters(value)
    except WrongFilter as wrong:
        raise ValidationError(str(wrong)) from None


def written_jury(judges: Iterable[int]) -> str:
    return " ".join(str(judge) for judge in sorted(set(judges)))


class Leaderboard(Leased):
    """What counts (arena, sources, category, language) and how it is fitted."""

    class Method(models.TextChoices):
        BRADLEY_TERRY = "bradley_terry", _("Bradley–Terry: a tie is half a win each")
        DAVIDSON = "davidson", _("Davidson: a tie is an outcome of its own")
        RAO_KUPPER = "rao_kupper", _("Rao–Kupper: a tie is a difference too small to see")
        ELO = "elo", _("Elo, mean over random orders")
        STYLE = "style_controlled", _("Style-controlled: Bradley–Terry with length, markdown and side levelled")
        SLOTS = "slot_levelled", _("Position-adjusted Bradley–Terry: each judge's position bias is estimated and removed")
        PREDICTION = (
            "prediction_powered",
            _("Prediction-powered: people's votes are the truth, and verdicts narrow what they say"),
        )
        TOURNAMENT = "tournament", _("Tournament: knock-out brackets replayed on each prompt")

    class Clusters(models.TextChoices):
        PROMPT = "prompt", _("Prompts: results on one prompt are not independent")
        NONE = "none", _("None: results are taken as independent")

    class IntervalMethod(models.TextChoices):
        SANDWICH = "sandwich", _("Sandwich: from the spread between clusters")
        BOOTSTRAP = "bootstrap", _("Bootstrap: clusters drawn again and refitted")

    class Sources(models.TextChoices):
        PEOPLE = "people", _("People's votes")
        JUDGES = "judges", _("Judges' verdicts")
        BOTH = "both", _("People's votes and judges' verdicts")

    class Combiner(models.TextChoices):
        """What a judge's games on one battle count as: see `judges.verdicts.combiners`."""

        GAMES = combiner_texts.GAMES, _("Every game counts by itself; some methods take out each judge's preference for a slot")
        CONSISTENT_ONLY = "consistent_only", _(COMBINER_TEXTS["consistent_only"].label)
        CONSERVATIVE_TIE = "conservative_tie", _(COMBINER_TEXTS["conservative_tie"].label)
        TWO_GAME_SUM = "two_game_sum", _(COMBINER_TEXTS["two_game_sum"].label)
        MEAN = "mean", _(COMBINER_TEXTS["mean"].label)
        BOTH_CORRECT = "both_correct", _(COMBINER_TEXTS["both_correct"].label)
        ARENA_HARD_WEIGHTED = "arena_hard_weighted", _(COMBINER_TEXTS["arena_hard_weighted"].label)
        FIRST_ORDER_ONLY = "first_order_only", _(COMBINER_TEXTS["first_order_only"].label)
        MAJORITY_OF_REPEATS = "majority_of_repeats", _(COMBINER_TEXTS["majority_of_repeats"].label)
        PANEL_MAJORITY = combiner_texts.PANEL_MAJORITY, _("A panel: what more than half of the judges that were asked say")
        PANEL_WEIGHTED = (
            combiner_texts.PANEL_WEIGHTED,
            _("A panel: what has more than half of their weight, by their records on gold labels"),
        )

    class OwnAnswers(models.TextChoices):
        """What becomes of a judge's games on answers of its own model or family."""

        OFF = "off", _("They count, without a note")
        FLAG = "flag", _("They count, and the board says how many there are")
        EXCLUDE = "exclude", _("They do not count")

    class Marked(models.TextChoices):
        """What becomes of verdicts on answers that seem to speak to a judge: see `judges.verdicts.marked_verdicts`."""

        RULE = "", _("By the kind of judge: language models' do not count, imported ones and programs' do")
        COUNT = "count", _("They count, without a note")
        FLAG = "flag", _("They count, and the board says how many there are")
        LEAVE_OUT = "leave_out", _("They do not count, and the board says how many there are")

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="leaderboards")
    slug = models.SlugField(unique=True, max_length=120)
    name = NameField(max_length=120)
    category = models.CharField(max_length=200, blank=True, default="", help_text=_("Only prompts of this category and below."))
    language = models.CharField(max_length=16, blank=True, default="", help_text=_("Only prompts in this language."))
    filters = models.CharField(
        max_length=LONGEST_FILTERS, blank=True, default="", validators=[check_written_filters],
        help_text=_("All other filters, written as in the address of a filtered board: since=2026-01-01&tag=hard."),
    )  # fmt: skip
    method = models.CharField(max_length=30, choices=Method, default=Method.BRADLEY_TERRY)
    sources = models.CharField(max_length=20, choices=Sources, default=Sources.PEOPLE)
    combiner = models.CharField(
        max_length=30, choices=Combiner, default=Combiner.GAMES, help_text=_("Where judges count: what their games become.")
    )
    jury = models.CharField(
        max_length=500, blank=True, default="", validators=[check_jury],
        help_text=_(
            "IDs of the judges that count, separated by spaces. Leave empty for all judges with games, except baselines."
        ),
    )  # fmt: skip
    own_answers = models.CharField(
        max_length=10, choices=OwnAnswers, default=OwnAnswers.FLAG,
        help_text=_("Where judges count: their games on answers of their own model or family."),
    )  # fmt: skip
    marked = models.CharField(
        _("verdicts on marked answers"), max_length=10, choices=Marked, blank=True, default="",
        help_text=_("Where judges count: their verdicts on answers that seem to speak to a judge."),
    )  # fmt: skip
    covariates = models.CharField(
        max_length=100, blank=True, default="", validators=[check_covariates],
        help_text=format_lazy(_("For a style-controlled board: what is levelled, of {names}."), names=" ".join(COVARIATES)),
    )  # fmt: skip
    counts_external = models.BooleanField(
        _("votes of programs count"), default=True,
        help_text=_("Votes that programs brought, of voters whom they alone know, count beside those that were cast here."),
    )  # fmt: skip
    clusters = models.CharField(max_length=20, choices=Clusters, default=Clusters.PROMPT)
    intervals = models.CharField(max_length=20, choices=IntervalMethod, default=IntervalMethod.SANDWICH)
    level = models.FloatField(default=0.95, help_text=_("Of the intervals and of the rank ranges."))
    seed = models.PositiveIntegerField(default=1, help_text=_("Of the random draws behind the rank ranges."))
    is_default = models.BooleanField(default=False, help_text=_("The arena's own board."))
    is_live = models.BooleanField(default=True, help_text=_("Fitted again by itself when votes arrive."))
    is_by_itself = models.BooleanField(
        default=False, editable=False, help_text=_("Made for a category or a language, and live while that has enough prompts.")
    )
    is_asked = models.BooleanField(
        default=False, editable=False, help_text=_("A reader asked for it: it goes when nobody uses it, unless it is kept.")
    )
    asked_at = models.DateTimeField(null=True, editable=False, help_text=_("Waits for its fit since then."))
    asked_by = models.CharField(
        max_length=64, default="", editable=False, help_text=_("While it waits: keyed hash of the network that asked.")
    )
    used_at = models.DateTimeField(null=True, editable=False)
    too_little = models.JSONField(null=True, editable=False, help_text=_("What was found for it, where that is too little."))
    # the refit's own notes
    read_to = models.BigIntegerField(default=0, editable=False, help_text=_("Ledger position of the newest fit."))
    last_fit_seconds = models.FloatField(default=0, editable=False)
    not_before = models.DateTimeField(null=True, blank=True, editable=False)
    error = models.TextField(blank=True, default="", editable=False, help_text=_("Why the newest refit failed."))
    error_code = models.CharField(
        max_length=20, blank=True, default="", editable=False, help_text=_("What kind of failure that was, for programs.")
    )

    objects = LeaderboardQuerySet.as_manager()

    class Meta:
        ordering = ["arena", "-is_default", "name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["arena"], condition=models.Q(is_default=True), name="one_default_board_an_arena"),
            models.UniqueConstraint(fields=["arena", *DEFINING], name="one_board_a_definition"),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=models.Q(asked_at__isnull=False), name="board_waits_for_its_fit"),
            models.Index(fields=["used_at"], condition=models.Q(is_asked=True), name="board_asked_by_use"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_constraints(self) -> list[tuple[type[models.Model], Sequence[models.BaseConstraint]]]:
        """Without that of twins: `definitions.check_alone` names the board that exists."""
        constraints = super().get_constraints()
        return [(model, [rule for rule in rules if rule.name != "one_board_a_definition"]) for model, rules in constraints]

    @property
    def is_plain(self) -> bool:
        """Whether it is one of `LeaderboardQuerySet.plain`."""
        by = (self.sources, self.method, self.intervals)
        return by == (self.Sources.PEOPLE, self.Method.BRADLEY_TERRY, self.IntervalMethod.SANDWICH)

    def clean(self) -> None:
        if self.method == self.Method.ELO and self.intervals != self.IntervalMethod.BOOTSTRAP:
            raise ValidationError({"intervals": _("Elo has no likelihood, so no sandwich: choose the bootstrap.")})
        if self.method == self.Method.ELO and self.combiner in (self.Combiner.MEAN, self.Combiner.ARENA_HARD_WEIGHTED):
            raise ValidationError(
                {"combiner": _("Elo updates by whole comparisons, and this rule gives shares: choose another.")}
            )
        if self.covariates and self.method != self.Method.STYLE:
            raise ValidationError({"covariates": _("Only a style-controlled board levels covariates.")})
        if self.method == self.Method.PREDICTION and self.sources != self.Sources.BOTH:
            raise ValidationError(
                {"method": _("Prediction takes votes and verdicts: let both count, or choose another method.")}
            )
        if self.method == self.Method.PREDICTION and self.intervals != self.IntervalMethod.SANDWICH:
            raise ValidationError({"intervals": _("Prediction has no bootstrap: choose the sandwich.")})
        if self.sources == self.Sources.JUDGES and not self.counts_external:
            raise ValidationError({"counts_external": _("No votes count on a board of judges: leave this as it is.")})
        if not 0.5 <= self.level < 1:
            raise ValidationError({"level": _("Choose a level from 0.5 to less than 1, such as 0.95.")})
        if self.sources == self.Sources.PEOPLE and self.combiner != self.Combiner.GAMES:
            raise ValidationError({"combiner": _("People's votes are not combined: choose the first one.")})
        if self.sources == self.Sources.PEOPLE and self.jury:
            raise ValidationError({"jury": _("People's votes have no jury: choose none, or let judges count.")})
        if self.sources == self.Sources.PEOPLE and self.own_answers != self.OwnAnswers.FLAG:
            raise ValidationError({"own_answers": _("Only boards that count judges can change this: choose “flag”.")})
        if self.sources == self.Sources.PEOPLE and self.marked:
            raise ValidationError({"marked": _("Only boards that count judges can change this: choose the first option.")})

    @property
    def jurors(self) -> tuple[int, ...]:
        """Judges that it names; none: all that have games, but for baselines."""
        return tuple(int(number) for number in self.jury.split())

    @property
    def is_by_prediction(self) -> bool:
        """Whether verdicts narrow the intervals of votes, in place of counting beside them."""
        return self.sources == self.Sources.BOTH and self.method == self.Method.PREDICTION

    @property
    def least_rest(self) -> float:
        """Seconds between two fits at least, however quick they are."""
        is_plain = (self.method, self.intervals) == (self.Method.BRADLEY_TERRY, self.IntervalMethod.SANDWICH)
        return LEAST_SECONDS_BETWEEN_FITS if is_plain else LEAST_SECONDS_BETWEEN_LONG_FITS

    def rest_after(self, fit_seconds: float) -> timedelta:
        return min(timedelta(seconds=max(self.least_rest, REST_PER_FIT * fit_seconds)), LONGEST_REST)

    def rests(self, now: datetime) -> bool:
        """After its newest fit, for as long as that asks for; what lies further ahead was stored by a clock that was wrong."""
        return is_to_come(self.not_before, now, at_most=self.rest_after(self.last_fit_seconds))

    @property
    def method_name(self) -> str:
        """Short, for lists of boards; two boards of one method differ by their intervals."""
        name = str(SHORT_NAMES[self.Method(self.method)])
        if (self.method, self.intervals) == (self.Method.BRADLEY_TERRY, self.IntervalMethod.BOOTSTRAP):
            name = gettext("%(method)s, bootstrap") % {"method": name}
        if self.combiner != self.Combiner.GAMES:
            rule = SHORT_RULES[self.Combiner(self.combiner)]
            name = gettext("%(method)s, %(rule)s") % {"method": name, "rule": rule}
        if self.sources == self.Sources.JUDGES:
            return gettext("Judges: %(method)s") % {"method": name}
        return gettext("People and judges: %(method)s") % {"method": name} if self.sources == self.Sources.BOTH else name

    def newest_snapshot(self) -> "Snapshot | None":
        return self.snapshots.order_by("-pk").first()


SHORT_NAMES = {
    Leaderboard.Method.BRADLEY_TERRY: _("Bradley–Terry"),
    Leaderboard.Method.DAVIDSON: _("Davidson"),
    Leaderboard.Method.RAO_KUPPER: _("Rao–Kupper"),
    Leaderboard.Method.ELO: _("Elo, mean over random orders"),
    Leaderboard.Method.STYLE: _("Style-controlled"),
    Leaderboard.Method.SLOTS: _("Position-adjusted Bradley–Terry"),
    Leaderboard.Method.PREDICTION: _("Prediction-powered"),
    Leaderboard.Method.TOURNAMENT: _("Tournament"),
}
"""Methods in lists of boards."""

SHORT_RULES = {
    Leaderboard.Combiner.CONSISTENT_ONLY: _("consistent only"),
    Leaderboard.Combiner.CONSERVATIVE_TIE: _("conservative tie"),
    Leaderboard.Combiner.TWO_GAME_SUM: _("two game sum"),
    Leaderboard.Combiner.MEAN: _("mean"),
    Leaderboard.Combiner.BOTH_CORRECT: _("both correct"),
    Leaderboard.Combiner.ARENA_HARD_WEIGHTED: _("arena hard weighted"),
    Leaderboard.Combiner.FIRST_ORDER_ONLY: _("first order only"),
    Leaderboard.Combiner.MAJORITY_OF_REPEATS: _("majority of repeats"),
    Leaderboard.Combiner.PANEL_MAJORITY: _("panel majority"),
    Leaderboard.Combiner.PANEL_WEIGHTED: _("panel weighted"),
}
"""What games of judges become, in lists of boards."""


class EntryQuerySet(models.QuerySet["Entry"]):
    def by_place(self) -> "EntryQuerySet":
        """Those with a place, those with a rating alone by that, and the others."""
        return self.order_by(F("rank").asc(nulls_last=True), F("rating").desc(nulls_last=True), "pk")


class WrittenOnce(models.Model):
    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None and not self._state.adding:
            raise Immutable(f"{type(self).__name__} {self.pk} is immutable: publish a new snapshot instead")
        super().save(*args, **kwargs)


def snapshot_key() -> str:
    return secrets.token_hex(8)


class Snapshot(WrittenOnce):
    """One fit of one board, with all that is needed to make it again to the same digits."""

    key = models.CharField(max_length=16, unique=True, default=snapshot_key, editable=False)
    leaderboard = models.ForeignKey(Leaderboard, on_delete=models.CASCADE, related_name="snapshots", db_index=False)
    method = models.CharField(max_length=30)
    parameters = models.JSONField(default=dict)
    seed = models.PositiveIntegerField()
    watermark = models.BigIntegerField(help_text=_("Ledger position up to which evidence was read."))
    evidence_hash = models.CharField(max_length=64)
    content_hash = models.CharField(  # noqa: DJ001 - null: of snapshots that were made before there was one
        max_length=64, null=True, help_text=_("Of the same evidence by names and texts; null on snapshots of older versions.")
    )
    code_version = models.CharField(max_length=60)
    n_votes = models.PositiveBigIntegerField()
    n_voters = models.PositiveBigIntegerField()
    n_prompts = models.PositiveBigIntegerField()
    n_set_aside = models.PositiveBigIntegerField()
    interval_kind = models.CharField(
        max_length=20, blank=True, default="",
        help_text=_("What the intervals are based on: prompts, few prompts or single votes."),
    )  # fmt: skip
    notes = models.JSONField(default=list, help_text=_("What a reader must know, such as that there are few prompts."))
    note_codes = models.JSONField(default=list, help_text=_("What each note is about, for programs. Empty if it has no code."))
    note_parameters = models.JSONField(
        default=list, help_text=_("What each note says in numbers and names, so that it can be said in other languages.")
    )
    components = models.JSONField(default=list, help_text=_("Groups that no results connect, best first."))
    fit_seconds = models.FloatField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["leaderboard", "-id"]), models.Index(fields=["leaderboard", "created_at"])]

    def __str__(self) -> str:
        return f"{self.leaderboard} {self.key}"

    def get_absolute_url(self) -> str:
        return reverse("snapshot", args=[self.key])

    @property
    def coded_notes(self) -> list[StoredNote]:
        """Each note with its code, and with its parameters where they are kept."""
        codes, parameters = (list(each) + [None] * len(self.notes) for each in (self.note_codes, self.note_parameters))
        return [StoredNote(text, codes[i] or "", parameters[i]) for i, text in enumerate(self.notes)]

    @property
    def way(self) -> str:
        """How weighed categories became scores, where these are no ratings; see `ranking.weighing.WAYS`."""
        return str(self.parameters.get("way", ""))

    def tells_of(self, subject: str) -> bool:
        """Whether one of its notes is about this."""
        return any(note.subject == subject for note in self.coded_notes)


class KeptSnapshot(models.Model):
    """A snapshot that somebody linked to or exported: it is never thinned out."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.CASCADE, primary_key=True, related_name="kept")
    reason = models.CharField(max_length=60)
    kept_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.reason


class Entry(WrittenOnce):
    """One competitor in one snapshot. Without a rating there is a reason instead."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="entries", db_index=False)
    competitor = models.ForeignKey(Competitor, on_delete=models.PROTECT, related_name="entries")
    rating = models.FloatField(null=True, help_text=_("Points: 1000 is the mean, 400/ln 10 a unit of log-odds."))
    se = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    rank = models.PositiveIntegerField(null=True)
    rank_low = models.PositiveIntegerField(null=True)
    rank_high = models.PositiveIntegerField(null=True)
    p_best = models.FloatField(
        null=True, help_text=_("Chance of being the best of those with a place; null on snapshots of older versions.")
    )
    win_rate = models.FloatField(null=True, help_text=_("Fitted chance against a uniformly drawn opponent."))
    raw_win_rate = models.FloatField(null=True, help_text=_("Share of points won, a tie half."))
    n_votes = models.PositiveBigIntegerField()
    n_prompts = models.PositiveBigIntegerField()
    trust = models.FloatField(
        null=True,
        help_text=_("By prediction: lambda, how far this rating follows judges beyond people's votes; 0 = not at all."),
    )
    people_half_width = models.FloatField(null=True, help_text=_("By prediction: half the interval of people's votes alone."))
    unrated_because = models.CharField(max_length=300, blank=True, default="")
    unrated_code = models.CharField(max_length=40, blank=True, default="", editable=False)
    unrated_parameters = models.JSONField(null=True, editable=False, help_text=_("As those of notes."))

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["snapshot", "rank", "pk"]
        constraints = [models.UniqueConstraint(fields=["snapshot", "competitor"], name="one_entry_a_snapshot_and_competitor")]

    def __str__(self) -> str:
        return f"{self.competitor}: {self.rating}"

    @property
    def is_rated(self) -> bool:
        return self.rating is not None

    @property
    def why_unrated(self) -> str:
        """The reason in the reader's language."""
        return in_readers_language(self.unrated_because, self.unrated_code, self.unrated_parameters)

    @property
    def has_place(self) -> bool:
        """Without an interval it has no place. (Older snapshots keep a number for it.)"""
        return self.rank is not None and self.low is not None


class NeighbourTable(WrittenOnce):
    """What holds each model of a snapshot above the next one, the best pair first."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.CASCADE, primary_key=True, related_name="neighbours")
    rows = models.JSONField(
        default=list,
        help_text=_(
            "Of each pair: above, below, n_to_swap, is_verified, parts ([winner, loser, is_tie, n] each), n_more, is_lasting."
        ),
    )

    def __str__(self) -> str:
        return f"neighbours of {self.snapshot_id}"


class PairTable(models.Model):
    """What the newest fit knows of every pair: the record between the two, and how much the next vote on them would tell."""

    leaderboard = models.OneToOneField(Leaderboard, on_delete=models.CASCADE, primary_key=True, related_name="pair_table")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="+")
    competitor_ids = models.JSONField(default=list, help_text=_("What the places in the lists stand for."))
    pairs = models.BinaryField(default=bytes, help_text=_("int32 (k, 2): places i < j of the pairs that are listed."))
    record = models.BinaryField(help_text=_("int32 (k, 4): times i won, j won, they tied, both were bad."))
    weights = models.BinaryField(help_text=_("float32 (k,); they sum to 1 over all pairs."))
    others = models.BinaryField(
        default=bytes, help_text=_("float32 (m, 2): what pairs that are not listed weigh; empty where all are.")
    )

    def __str__(self) -> str:
        return f"pairs of {self.leaderboard_id}"
