import re

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy, pgettext_lazy

from arena.leases import Leased, LeasedQuerySet
from arena.models.arenas import Arena


class ImportQuerySet(LeasedQuerySet["Import"]):
    def unfinished(self) -> "ImportQuerySet":
        return self.filter(state__in=[Import.State.WAITING, Import.State.LOADING])


CAME_ANEW = "came_anew_in"
"""In the report of an import that was set aside: the digests of the files that brought rows of it again."""
SAMPLE_FORMAT = "sample"  # of the votes that the sample arena comes with


class Import(Leased):
    """One file taken in. Its rows count from the moment it is published, all at once."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("waiting")
        LOADING = "loading", gettext_lazy("loading")
        PUBLISHED = "published", pgettext_lazy("an import", "imported")
        SET_ASIDE = "set_aside", pgettext_lazy("an import", "set aside")
        FAILED = "failed", gettext_lazy("failed")

    class Kind(models.TextChoices):
        BATTLES = "battles", gettext_lazy("battles and votes")
        PROMPTS = "prompts", gettext_lazy("prompts")
        RESPONSES = "responses", gettext_lazy("answers")
        JUDGEMENTS = "judgements", gettext_lazy("judgements")
        LABELS = "labels", gettext_lazy("gold labels")

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="imports")
    kind = models.CharField(max_length=10, choices=Kind)
    format = models.CharField(max_length=30)
    filename = models.CharField(max_length=255)
    path = models.CharField(max_length=1000, editable=False, help_text=gettext_lazy("Where the file lies while it is read."))
    digest = models.CharField(max_length=64, editable=False, help_text=gettext_lazy("SHA-256 of the file."))
    options = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    n_rows = models.PositiveIntegerField(default=0, help_text=gettext_lazy("Rows in the file."))
    n_done = models.PositiveIntegerField(default=0, help_text=gettext_lazy("Rows read so far."))
    n_added = models.PositiveIntegerField(default=0, help_text=gettext_lazy("Rows that were new."))
    report = models.JSONField(default=dict, blank=True, help_text=gettext_lazy("How the file was read."))
    error = models.TextField(blank=True, default="")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["arena", "kind", "format", "digest"], name="one_import_a_file")]

    @property
    def layout(self) -> str:
        """The name of the format, without the mark of how it was read."""
        return re.sub(r"-[0-9a-f]{8}$", "", self.format)

    def __str__(self) -> str:
        return f"{self.filename} ({self.get_state_display()})"


class ArchiveUploadQuerySet(LeasedQuerySet["ArchiveUpload"]):
    def unfinished(self) -> "ArchiveUploadQuerySet":
        return self.filter(state__in=[ArchiveUpload.State.WAITING, ArchiveUpload.State.CHECKING])


class ArchiveUpload(Leased):
    """An arena that somebody uploads as one file: all of it comes in, or nothing."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("waiting")
        CHECKING = "checking", gettext_lazy("being checked")
        ARRIVED = "arrived", gettext_lazy("came in")
        REFUSED = "refused", gettext_lazy("refused")

    filename = models.CharField(max_length=255)
    path = models.CharField(max_length=1000, editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text=gettext_lazy("SHA-256 of the file."))
    slug = models.SlugField(help_text=gettext_lazy("What the arena is to be called here."))
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    n_all = models.PositiveBigIntegerField(default=0, help_text=gettext_lazy("Lines of all its members."))
    n_done = models.PositiveBigIntegerField(default=0, help_text=gettext_lazy("Lines checked so far."))
    notes = models.JSONField(default=list, blank=True)
    error = models.TextField(blank=True, default="")
    arena = models.ForeignKey(Arena, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ArchiveUploadQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.filename} ({self.get_state_display()})"
