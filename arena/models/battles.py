import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models.arenas import Arena
from arena.models.competitors import Competitor
from arena.models.found_rows import of_counting_import
from arena.models.imports import Import
from arena.models.prompts import Prompt
from arena.models.responses import DELIVERED, NO_TEXT, Response
from arena.models.voters import Voter
from arena.outcomes import Outcome, Side


class BattleQuerySet(models.QuerySet["Battle"]):
    def showable(self) -> "BattleQuerySet":
        """Battles whose two answers are here."""
        return self.exclude(Q(response_a=None) | Q(response_b=None))

    def in_use(self) -> "BattleQuerySet":
        """Those of which nothing is archived, with the texts that stand now: what may be put before somebody."""
        parts = ("prompt", "competitor_a", "competitor_b", "response_a", "response_b")
        return self.filter(**{f"{part}__archived_at": None for part in parts})

    def with_standing_answers(self) -> "BattleQuerySet":
        """Those whose answers were neither corrected nor archived since."""
        return self.filter(response_a__archived_at=None, response_b__archived_at=None)

    def comparable(self) -> "BattleQuerySet":
        """Battles that can be put before people: both answers were delivered, have a text, and are not the same."""
        whole = self.filter(response_a__finish__in=DELIVERED, response_b__finish__in=DELIVERED)
        same = Q(response_a__content_hash=F("response_b__content_hash"))
        return whole.exclude(response_a__content_hash=NO_TEXT).exclude(response_b__content_hash=NO_TEXT).exclude(same)

    def published(self) -> "BattleQuerySet":
        """Not those of an import that is still being loaded, or set aside."""
        return self.filter(of_counting_import("battle"))

    def whole(self) -> "BattleQuerySet":
        """Not those of an import that is still being loaded; those of one that was set aside can still be read."""
        return self.filter(Q(source=None) | Q(source__state__in=[Import.State.PUBLISHED, Import.State.SET_ASIDE]))


class Battle(models.Model):
    """One unordered pair of competitors' answers to one prompt.

    The pair is kept in the order of the competitors' ids, so that every pair is written in one way only. The two responses
    may be absent: such a battle counts but cannot be shown. That a response belongs to the battle's prompt and competitor
    is enforced by the database (migration 0002).
    """

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="battles", db_index=False)
    prompt = models.ForeignKey(Prompt, null=True, blank=True, on_delete=models.PROTECT, related_name="battles")
    competitor_a = models.ForeignKey(Competitor, on_delete=models.PROTECT, related_name="battles_as_a", db_index=False)
    competitor_b = models.ForeignKey(Competitor, on_delete=models.PROTECT, related_name="battles_as_b", db_index=True)
    response_a = models.ForeignKey(Response, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    response_b = models.ForeignKey(Response, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.ForeignKey(Import, null=True, blank=True, on_delete=models.PROTECT, related_name="battles", db_index=False)
    row_key = models.BinaryField(max_length=16, null=True, blank=True, editable=False)
    propensity = models.FloatField(
        null=True, blank=True, help_text=gettext_lazy("Probability with which this pair was drawn when it was first served.")
    )
    created_at = models.DateTimeField()

    objects = BattleQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(competitor_a__lt=F("competitor_b")), name="battle_pair_in_order"),
            models.CheckConstraint(
                condition=Q(prompt__isnull=False) | Q(response_a=None, response_b=None),
                name="battle_answers_have_a_prompt",
            ),
            models.UniqueConstraint(
                fields=["response_a", "response_b"],
                condition=Q(row_key=None),
                name="one_served_battle_a_pair_of_answers",
            ),
            models.UniqueConstraint(fields=["arena", "row_key"], name="battle_row_in_arena"),
        ]
        indexes = [
            models.Index(fields=["competitor_a", "competitor_b"], name="battle_pair"),
            models.Index(fields=["response_a", "response_b"], condition=Q(response_a__isnull=False), name="battle_answers"),
            models.Index(fields=["arena", "-id"], name="battle_newest"),
            # asked by the database for every answer that is deleted
            models.Index(fields=["response_b"], condition=Q(response_b__isnull=False), name="battle_answer_b"),
        ]

    def __str__(self) -> str:
        return _("battle %(number)s") % {"number": self.pk}


def ballot_key() -> str:
    """128 random bits."""
    return secrets.token_urlsafe(16)


class Ballot(models.Model):
    """One battle served to one voter, its sides drawn by the server. The voter's form carries its random key, nothing else."""

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("open")
        VOTED = "voted", gettext_lazy("voted")
        SKIPPED = "skipped", gettext_lazy("skipped")
        FLAGGED = "flagged", gettext_lazy("flagged")
        CLOSED = "closed", gettext_lazy("closed: what it shows was put away")

    class Policy(models.TextChoices):
        """Why this battle was served. Only a lot says with which chance, whatever judges said of it."""

        PAIRS = "pairs", gettext_lazy("an informative pair")
        LOT = "lot", gettext_lazy("drawn by lot from those that judges were asked about")
        VERDICTS = "verdicts", gettext_lazy("picked by what judges said of it")

    key = models.CharField(max_length=32, unique=True, default=ballot_key, editable=False)
    battle = models.ForeignKey(Battle, on_delete=models.CASCADE, related_name="ballots")
    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="ballots")
    first_shown = models.CharField(max_length=1, choices=Side)
    policy = models.CharField(
        max_length=10, choices=Policy, default=Policy.PAIRS, help_text=gettext_lazy("Why this battle was served.")
    )
    propensity = models.FloatField(
        help_text=gettext_lazy(
            "Probability of this battle among all that could have been served to this voter; of one by lot, its chance."
        )
    )
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    note = models.CharField(max_length=500, blank=True, default="")
    served_at = models.DateTimeField()
    shown_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When it was read, where it was fetched ahead.")
    )
    handled_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When a curator dealt with it, where it was flagged.")
    )
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["battle", "voter"], name="one_ballot_a_battle_and_voter")]
        indexes = [
            models.Index(fields=["voter", "state"]),
            models.Index(fields=["handled_at"], condition=Q(state="flagged"), name="ballot_flagged"),
            models.Index(fields=["handled_by"], condition=Q(handled_by__isnull=False), name="ballot_handled_by"),
        ]

    def __str__(self) -> str:
        return _("ballot of %(voter)s on battle %(battle)s") % {"voter": self.voter, "battle": self.battle_id}

    def outcome_for(self, shown: Outcome) -> Outcome:
        """The battle's outcome, from one that speaks of the side shown first as A."""
        return shown if self.first_shown == Side.A else shown.swapped()


class Lot(models.Model):
    """What a battle that judges were asked about drew: whether, and in which order, voters are asked about it too.

    With a random number u in [0, 1) its place is u / chance. Voters are asked about places below 1, the first one first.
    """

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="lots", db_index=False)
    battle = models.OneToOneField(Battle, on_delete=models.CASCADE, related_name="lot")
    chance = models.FloatField(
        help_text=gettext_lazy("That voters are asked about it: the arena's share when the lot was drawn.")
    )
    place = models.FloatField(help_text=gettext_lazy("Under 1: voters are asked about it, in rising order."))

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["arena", "place"], name="lot_place")]

    def __str__(self) -> str:
        return _("lot of battle %(battle)s") % {"battle": self.battle_id}
