"""Rows of the machine itself, not of the evidence."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _


class AdminLink(models.Model):
    """A link that signs its bearer in once, as `admin` or as the account it is for. Only the hash of its secret is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    spent_at = models.DateTimeField(null=True)

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
