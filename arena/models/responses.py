from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models.archiving import Archivable, ArchivableQuerySet
from arena.models.competitors import Competitor
from arena.models.imports import Import
from arena.models.prompts import Prompt, content_hash

NO_TEXT = content_hash("")


class FinishState(models.TextChoices):
    STOP = "stop", gettext_lazy("complete")
    LENGTH = "length", gettext_lazy("cut at the token limit")
    PENDING = "pending", gettext_lazy("not generated yet")
    FAILED = "failed", gettext_lazy("failed")


DELIVERED = (FinishState.STOP, FinishState.LENGTH)


class ResponseQuerySet(ArchivableQuerySet["Response"]):
    def delivered(self) -> "ResponseQuerySet":
        return self.filter(finish__in=DELIVERED)

    def with_text(self) -> "ResponseQuerySet":
        """Not those of white space alone."""
        return self.exclude(content_hash=NO_TEXT)


class Response(Archivable):
    """What one competitor answered to one prompt; repeats are numbered from 0.

    A text never changes: a corrected answer is another row, and the one before it is archived and names it. Battles keep the
    text that was judged.
    """

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="responses")
    competitor = models.ForeignKey(Competitor, on_delete=models.CASCADE, related_name="responses")
    repeat = models.PositiveSmallIntegerField(default=0)
    text = models.TextField(blank=True, default="")
    turns = models.JSONField(
        default=list, blank=True, help_text=gettext_lazy("The answers turn by turn, where there are several turns.")
    )
    finish = models.CharField(max_length=10, choices=FinishState, default=FinishState.STOP)
    tokens_in = models.PositiveIntegerField(null=True, blank=True)
    tokens_out = models.PositiveIntegerField(null=True, blank=True)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    cost = models.PositiveBigIntegerField(null=True, blank=True, help_text=gettext_lazy("Micro-dollars."))
    content_hash = models.CharField(max_length=32, editable=False)
    # style features, counted once when the text arrives
    n_characters = models.PositiveIntegerField(default=0, editable=False)
    n_headers = models.PositiveIntegerField(default=0, editable=False)
    n_list_items = models.PositiveIntegerField(default=0, editable=False)
    n_bold = models.PositiveIntegerField(default=0, editable=False)
    n_code_blocks = models.PositiveIntegerField(default=0, editable=False)
    html = models.TextField(blank=True, default="", editable=False)
    rendered_by = models.CharField(max_length=40, blank=True, default="", editable=False)
    superseded_by = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="supersedes", db_index=False,
        help_text=gettext_lazy("The answer that corrected this one."),
    )  # fmt: skip
    source = models.ForeignKey(
        Import, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="responses", db_index=False,
        help_text=gettext_lazy("The file that brought it. Empty if it came otherwise."),
    )  # fmt: skip
    archived_with = models.ForeignKey(
        Import, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text=gettext_lazy("The import with which it was set aside, and is restored."),
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "competitor", "repeat"], condition=Q(archived_at=None), name="one_answer_in_use_a_repeat"
            ),
            # the target of a battle's composite foreign key
            models.UniqueConstraint(fields=["id", "prompt", "competitor"], name="response_of_prompt_and_competitor"),
        ]
        # matchmaking reads who answered what out of this index alone, without touching any text
        # (and whether two said the same)
        indexes = [
            models.Index(
                fields=["competitor", "finish", "prompt", "content_hash", "archived_at"], name="response_delivered_text"
            ),
            models.Index(fields=["prompt", "content_hash", "archived_at"], name="response_same_text"),
            # asked by the database for every answer that is deleted
            models.Index(fields=["superseded_by"], condition=Q(superseded_by__isnull=False), name="response_superseded_by"),
            models.Index(fields=["archived_by"], condition=Q(archived_by__isnull=False), name="response_archived_by"),
            models.Index(fields=["source"], condition=Q(source__isnull=False), name="response_source"),
            models.Index(fields=["archived_with"], condition=Q(archived_with__isnull=False), name="response_archived_with"),
            # those that came by thousands at once, and wait to be rendered
            models.Index(fields=["id"], condition=Q(rendered_by=""), name="response_unrendered"),
        ]

    def __str__(self) -> str:
        return _("%(competitor)s on %(prompt)s") % {"competitor": self.competitor, "prompt": self.prompt}


class Aside(models.Model):
    """What came with an answer and is no part of it: shown to nobody who votes or judges."""

    response = models.OneToOneField(Response, on_delete=models.CASCADE, primary_key=True, related_name="aside")
    thinking = models.TextField(blank=True, default="", help_text=gettext_lazy("What was thought before the answer."))
    ending = models.CharField(
        max_length=80,
        blank=True,
        default="",
        help_text=gettext_lazy("Why it is not sure that the answer is whole; empty where it is."),
    )

    def __str__(self) -> str:
        return _("beside answer %(answer)s") % {"answer": self.pk}
