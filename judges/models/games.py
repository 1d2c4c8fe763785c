from typing import cast

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models import Battle, Call, Event, Run
from judges.models.cards import Judge
from judges.verdicts.combiners import PlayedGame
from judges.verdicts.game_states import NAMES, GameState
from judges.verdicts.marked_verdicts import BY_KIND
from judges.verdicts.verdict import Order, stored_verdict

WITH_VERDICT = [state.value for state in GameState if state.has_verdict]
# A protocol that grades one answer a game gives a score and no winner: two such games make a verdict.
ENDED_WELL = Q(state__in=WITH_VERDICT) & (~Q(winner="") | Q(score_first__isnull=False))
IS_MARKED = ~Q(taints=[])
LEFT_OUT_UNLESS_CHOSEN = IS_MARKED & Q(judge__kind__in=[kind for kind, done in BY_KIND.items() if done == "leave_out"])
WITHOUT_VERDICT = ~Q(state__in=WITH_VERDICT) & Q(winner="", strength=None, score_first=None, score_second=None)


def _named(state: str) -> str:
    return _(NAMES[GameState(state)]) if state else ""


class GameQuerySet(models.QuerySet["Game"]):
    def decided(self) -> "GameQuerySet":
        """Games with a verdict."""
        return self.filter(state__in=WITH_VERDICT)

    def undecided(self) -> "GameQuerySet":
        """Games without a verdict: not over yet, or failed, so that their call may be started again."""
        return self.exclude(state__in=WITH_VERDICT)

    def over(self) -> "GameQuerySet":
        """Games that ended, with a verdict or without."""
        return self.exclude(state="")

    def failed(self) -> "GameQuerySet":
        """Games that ended without a verdict: they may be played again."""
        return self.over().exclude(state__in=WITH_VERDICT)

    def counted(self) -> "GameQuerySet":
        """Verdicts that count by default: not set aside, and not left out for a mark on an answer."""
        return self.decided().filter(is_counted=True).exclude(LEFT_OUT_UNLESS_CHOSEN)


class Game(models.Model):
    """What one judge said of one battle in one order: the raw verdict on its two slots, or why there is none. Never deleted.

    `event` is the place in the ledger at which it ended so; how it was set aside and restored since is in its changes.
    That battle, run and call are of one arena and fit each other is enforced by the database (migration 0002).
    """

    class State(models.TextChoices):
        """The texts of `GameState`; a game that is not over has none."""

        OK = GameState.OK.value, gettext_lazy("verdict")
        AMBIGUOUS = GameState.AMBIGUOUS.value, gettext_lazy("ambiguous: several different labels")
        UNPARSABLE = GameState.UNPARSABLE.value, gettext_lazy("no readable verdict")
        TRUNCATED = GameState.TRUNCATED.value, gettext_lazy("cut at the token limit")
        REFUSED = GameState.REFUSED.value, gettext_lazy("refused to judge")
        FILTERED = GameState.FILTERED.value, gettext_lazy("held back by a content filter")
        ERROR = GameState.ERROR.value, gettext_lazy("failed")
        RULE = GameState.RULE.value, gettext_lazy("decided by a rule, without a call")
        SKIPPED_BUDGET = GameState.SKIPPED_BUDGET.value, gettext_lazy("not asked: the budget was spent")
        NOT_ASKED = (
            GameState.NOT_ASKED.value,
            gettext_lazy("not asked: the judge’s card leaves such answers out, or there was none"),
        )

    class Order(models.TextChoices):
        AB = "ab", gettext_lazy("a first")
        BA = "ba", gettext_lazy("b first")

    class Winner(models.TextChoices):
        FIRST = "first", gettext_lazy("the first slot")
        SECOND = "second", gettext_lazy("the second slot")
        TIE = "tie", gettext_lazy("tie")
        BOTH_BAD = "both_bad", gettext_lazy("both bad")

    battle = models.ForeignKey(Battle, on_delete=models.PROTECT, related_name="games")
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="games", db_index=False)
    order = models.CharField(max_length=2, choices=Order)
    repeat = models.PositiveSmallIntegerField(default=0)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="games", db_index=False)
    call = models.OneToOneField(Call, null=True, blank=True, on_delete=models.PROTECT, related_name="game")
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="copies", db_index=False,
        help_text=gettext_lazy("The game whose stored reply was read again, because its request was the same."),
    )  # fmt: skip
    request_key = models.CharField(
        max_length=64, blank=True, default="", help_text=gettext_lazy("Names the request, without its fence.")
    )
    reference_given = models.BooleanField(default=False)
    state = models.CharField(
        max_length=14,
        choices=State,
        blank=True,
        default="",
        help_text=gettext_lazy("How it ended. Empty while it is not finished."),
    )
    winner = models.CharField(
        max_length=8, choices=Winner, blank=True, default="", help_text=gettext_lazy("Of the slots, not of the sides.")
    )
    strength = models.PositiveSmallIntegerField(null=True, blank=True, help_text=gettext_lazy("1 better, 2 much better."))
    score_first = models.FloatField(null=True, blank=True)
    score_second = models.FloatField(null=True, blank=True)
    label = models.CharField(max_length=200, blank=True, default="", help_text=gettext_lazy("As its protocol spells it."))
    label_start = models.PositiveIntegerField(null=True, blank=True, help_text=gettext_lazy("Where it stood in the reply."))
    label_end = models.PositiveIntegerField(null=True, blank=True)
    reason = models.TextField(blank=True, default="", help_text=gettext_lazy("Why there is no verdict, or which rule gave it."))
    reply = models.TextField(blank=True, default="", help_text=gettext_lazy("What it said, where no attempt holds it."))
    taints = models.JSONField(default=list, blank=True, help_text=gettext_lazy("What in the answers might speak to a judge."))
    cost = models.PositiveBigIntegerField(default=0, help_text=gettext_lazy("Micro-dollars of all its attempts."))
    criteria = models.JSONField(
        null=True,
        blank=True,
        help_text=gettext_lazy("The checklist it was asked with: texts and weights. It may have been edited since."),
    )
    is_counted = models.BooleanField(default=True)
    set_aside_reason = models.CharField(max_length=200, blank=True, default="")
    to_ask_again = models.BooleanField(
        null=True,
        blank=True,
        editable=False,
        help_text=gettext_lazy("Set aside for what it was asked: the next plan asks once more."),
    )
    event = models.ForeignKey(Event, null=True, blank=True, on_delete=models.PROTECT, related_name="games", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = GameQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["judge", "battle", "order", "repeat"], name="one_game_an_order_and_repeat"),
            models.CheckConstraint(condition=ENDED_WELL | WITHOUT_VERDICT, name="a_verdict_only_where_it_ended_well"),
            models.CheckConstraint(
                condition=Q(state__in=["", *(state.value for state in GameState)]), name="game_state_is_known"
            ),
            models.CheckConstraint(condition=Q(order__in=["ab", "ba"]), name="game_order_is_known"),
            models.CheckConstraint(
                condition=Q(winner__in=["", "first", "second", "tie", "both_bad"]), name="game_winner_is_known"
            ),
            models.CheckConstraint(
                condition=Q(score_second=None) | Q(score_first__isnull=False), name="the_first_slot_is_scored_first"
            ),
            models.CheckConstraint(condition=Q(event__isnull=True) | ~Q(state=""), name="only_what_ended_is_in_the_ledger"),
            models.CheckConstraint(condition=Q(run__isnull=False) | Q(call=None), name="a_called_game_has_a_run"),
        ]
        indexes = [
            models.Index(fields=["run", "state"], name="game_run"),
            # a page of the games of one run or judge, however many there are
            models.Index(fields=["run", "id"], name="game_in_run"),
            models.Index(fields=["judge", "id"], name="game_of_judge"),
            models.Index(fields=["event"], condition=Q(event__isnull=False), name="game_event"),
            # asked by the database for every game that is deleted
            models.Index(fields=["copied_from"], condition=Q(copied_from__isnull=False), name="game_copied_from"),
            models.Index(fields=["request_key"], condition=Q(state="ok") & ~Q(request_key=""), name="game_request"),
        ]

    def __str__(self) -> str:
        return _("game %(number)s: %(state)s") % {"number": self.pk, "state": _named(self.state) or _("not over")}

    @property
    def state_name(self) -> str:
        """In the reader's language; empty until it is over."""
        return _named(self.state)

    @property
    def has_verdict(self) -> bool:
        return self.state in WITH_VERDICT

    @property
    def played(self) -> PlayedGame:
        """What it says of its two slots: no verdict where it failed, and where one answer was graded alone."""
        verdict = stored_verdict(self.winner, self.strength, self.score_first, self.score_second)
        return PlayedGame(cast(Order, self.order), self.repeat, verdict)  # a constraint says so


class GameChange(models.Model):
    """A game that was set aside or restored, at an event of the ledger."""

    game = models.ForeignKey(Game, on_delete=models.PROTECT, related_name="changes")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="game_changes")
    is_counted = models.BooleanField(help_text=gettext_lazy("From this event on."))

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["game", "event"], name="one_change_a_game_and_event")]

    def __str__(self) -> str:
        sentence = _("game %(number)s restored") if self.is_counted else _("game %(number)s set aside")
        return sentence % {"number": self.game_id}


class EarlierEnding(models.Model):
    """How a game had ended without a verdict before it was played again: what earlier positions of the ledger know of it."""

    game = models.ForeignKey(Game, on_delete=models.PROTECT, related_name="earlier_endings")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=14, choices=Game.State)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["game", "event"], name="one_ending_a_game_and_event")]

    def __str__(self) -> str:
        return _("game %(number)s: %(state)s, and played again") % {"number": self.game_id, "state": _named(self.state)}
