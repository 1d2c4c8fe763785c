from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models import Arena, Battle, Call, Import, NameField, Prompt, Response
from arena.outcomes import Outcome
from arena.wording import counted
from judges.models.games import Game


class GoldSet(models.Model):
    """Battles of which is known which answer is right: what a judge is measured by."""

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="gold_sets")
    name = NameField(max_length=120)
    origin = models.TextField(
        blank=True, default="", help_text=gettext_lazy("Where the labels come from: experts, a verifier, a public set.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["arena", "name"]
        constraints = [models.UniqueConstraint(fields=["arena", "name"], name="gold_set_in_arena")]

    def __str__(self) -> str:
        return self.name


class GoldItemQuerySet(models.QuerySet["GoldItem"]):
    def counted(self) -> "GoldItemQuerySet":
        """Labels that were not set aside."""
        return self.filter(is_counted=True)


class GoldItem(models.Model):
    """One battle with a label of it. Of two that contradict each other neither counts (`verdicts.agreed_label`)."""

    gold_set = models.ForeignKey(GoldSet, on_delete=models.CASCADE, related_name="items", db_index=False)
    battle = models.ForeignKey(Battle, on_delete=models.PROTECT, related_name="gold_items")
    label = models.CharField(max_length=8, choices=Outcome)
    order = models.CharField(
        max_length=2, choices=Game.Order, default=Game.Order.AB,
        help_text=gettext_lazy("The order that shows first what the source shows first."),
    )  # fmt: skip
    note = models.CharField(
        max_length=200, blank=True, default="", help_text=gettext_lazy("Such as the source's own number of the pair.")
    )
    is_counted = models.BooleanField(default=True, help_text=gettext_lazy("Unset: the label counts in no figure."))
    source = models.ForeignKey(
        Import, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+",
        help_text=gettext_lazy("The file that brought it. Empty if it came otherwise."),
    )  # fmt: skip

    objects = GoldItemQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["gold_set", "battle", "label"], name="a_label_once_a_battle_and_gold_set"),
            models.CheckConstraint(condition=Q(label__in=Outcome.values), name="gold_label_is_known"),
            models.CheckConstraint(condition=Q(order__in=["ab", "ba"]), name="gold_order_is_known"),
        ]

    def __str__(self) -> str:
        return _("battle %(number)s: %(label)s") % {"number": self.battle_id, "label": self.label}


class GoldAnswerQuerySet(models.QuerySet["GoldAnswer"]):
    def counted(self) -> "GoldAnswerQuerySet":
        """Labels that were not set aside."""
        return self.filter(is_counted=True)


class GoldAnswer(models.Model):
    """One answer of which is known whether it is right, or how good it is."""

    gold_set = models.ForeignKey(GoldSet, on_delete=models.CASCADE, related_name="answers", db_index=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="gold_answers")
    is_right = models.BooleanField(null=True, blank=True, help_text=gettext_lazy("Empty if the source does not say."))
    grade = models.FloatField(null=True, blank=True, help_text=gettext_lazy("In the points of its source."))
    note = models.CharField(
        max_length=200, blank=True, default="", help_text=gettext_lazy("Such as the source's own number of the answer.")
    )
    is_counted = models.BooleanField(default=True, help_text=gettext_lazy("Unset: the label counts in no figure."))
    source = models.ForeignKey(
        Import, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+",
        help_text=gettext_lazy("The file that brought it. Empty if it came otherwise."),
    )  # fmt: skip

    objects = GoldAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            # One label an answer and set: what a file says otherwise is named, and the first stays.
            models.UniqueConstraint(fields=["gold_set", "response"], name="a_label_once_an_answer_and_gold_set"),
            models.CheckConstraint(
                condition=Q(is_right__isnull=False) | Q(grade__isnull=False), name="a_gold_answer_says_something"
            ),
        ]

    def __str__(self) -> str:
        label = self.grade if self.is_right is None else _("right") if self.is_right else _("wrong")
        return _("answer %(number)s: %(label)s") % {"number": self.response_id, "label": label}


class Checklist(models.Model):
    """What a good answer to one prompt must have: written once, by a person or by a model's call, and edited by people."""

    prompt = models.OneToOneField(Prompt, on_delete=models.CASCADE, related_name="checklist")
    criteria = models.JSONField(
        default=list, help_text=gettext_lazy("Objects with text, a question answered with yes or no, and weight.")
    )
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text=gettext_lazy("Who wrote or edited it last. Empty if a model wrote it."),
    )  # fmt: skip
    call = models.OneToOneField(
        Call, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="checklist",
        help_text=gettext_lazy("The call in which a model wrote it first."),
    )  # fmt: skip
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return counted(len(self.criteria), "criterion", "criteria")


class ChecklistCall(models.Model):
    """What a call of a checklist run is to write: the criteria of one prompt."""

    call = models.OneToOneField(Call, on_delete=models.CASCADE, primary_key=True, related_name="checklist_call")
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return _("criteria of %(prompt)s") % {"prompt": self.prompt_id}
