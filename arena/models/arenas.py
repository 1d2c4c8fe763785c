from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy

from arena.models.archiving import Archivable, ArchivableQuerySet
from arena.models.names import NameField


class Visibility(models.TextChoices):
    PUBLIC = "public", gettext_lazy("everybody")
    ACCOUNTS = "accounts", gettext_lazy("signed-in accounts")
    CURATORS = "curators", gettext_lazy("curators only")


class Voting(models.TextChoices):
    ANYONE = "anyone", gettext_lazy("everybody, also without an account")
    ACCOUNTS = "accounts", gettext_lazy("signed-in accounts")
    CLOSED = "closed", gettext_lazy("nobody: voting is closed")


class ArenaQuerySet(ArchivableQuerySet["Arena"]):
    pass


class Arena(Archivable):
    """One contest: its prompts, its competitors, its battles and its boards."""

    slug = models.SlugField(unique=True)
    name = NameField(max_length=120)
    description = models.TextField(blank=True, default="")
    guidelines = models.TextField(
        blank=True, default="", help_text=gettext_lazy("Shown to voters: what makes an answer better here.")
    )
    board_visibility = models.CharField(
        max_length=10, choices=Visibility, default=Visibility.PUBLIC, help_text=gettext_lazy("Who may read the boards.")
    )
    content_visibility = models.CharField(
        max_length=10,
        choices=Visibility,
        default=Visibility.CURATORS,
        help_text=gettext_lazy("Who may read prompts, answers and battles."),
    )
    voting = models.CharField(max_length=10, choices=Voting, default=Voting.ACCOUNTS)
    asked_share = models.FloatField(
        default=0.1,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=gettext_lazy(
            "Of the battles that judges are asked about, the share that voters are asked about too, drawn by lot; "
            "by these the board of people and judges learns how far judges are to be trusted. 0: none."
        ),
    )
    notice = models.TextField(
        blank=True, default="", help_text=gettext_lazy("Shown on every page of the arena, such as where its votes come from.")
    )
    is_sample = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ArenaQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("leaderboard", args=[self.slug])


class PromptPool(models.Model):
    """A named set of prompts inside an arena."""

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="pools")
    slug = models.SlugField()
    name = NameField(max_length=120)
    description = models.TextField(blank=True, default="")
    is_active = models.BooleanField(
        default=True, help_text=gettext_lazy("Prompts of an inactive pool are not served to voters.")
    )

    class Meta:
        ordering = ["arena", "name", "pk"]
        constraints = [models.UniqueConstraint(fields=["arena", "slug"], name="pool_slug_in_arena")]

    def __str__(self) -> str:
        return self.name
