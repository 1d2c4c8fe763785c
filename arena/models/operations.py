"""Rows of the machine itself, not of the evidence."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models.arenas import Arena


class AdminLink(models.Model):
    """A link that signs its bearer in once, as `admin` or as the account it is for. Only the hash of its secret is kept.

    One with an inviter is an invitation: it is open only while the inviter may still give that role.
    """

    class Role(models.TextChoices):
        """What the account is from then on."""

        VOTER = "voter", gettext_lazy("voter")
        CURATOR = "curator", gettext_lazy("curator")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.VOTER)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    arena = models.ForeignKey(
        Arena, null=True, on_delete=models.SET_NULL, related_name="+",
        help_text=gettext_lazy("Whose page for votes opens first."),
    )  # fmt: skip
    expires_at = models.DateTimeField()
    spent_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return _("admin link %(number)s") % {"number": self.pk}


class WorkerSeen(models.Model):
    """When a worker last answered the beat."""

    name = models.CharField(max_length=200, unique=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.name} at {self.seen_at:%Y-%m-%d %H:%M:%S}"
