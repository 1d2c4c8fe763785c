"""Programs of people: the tokens by which they sign in, and what they were answered to a key of their own."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from arena.models.arenas import Arena
from arena.models.names import NameField


class TokenScope(models.TextChoices):
    """What a token may be used for, never beyond what its user may do. None of them includes another."""

    READ = "read", gettext_lazy("look at what you may see")
    EVIDENCE = "evidence:write", gettext_lazy("bring competitors, prompts, answers, battles and votes")
    RUNS = "runs:write", gettext_lazy("start runs of paid calls, pause and cancel them")
    ADMIN = "admin", gettext_lazy("make arenas, define and publish boards")


class ApiToken(models.Model):
    """What a program signs in with. Only the hash of its secret is kept; the secret was shown once."""

    class Level(models.TextChoices):
        """What its user was when it was made: a token of a curator dies when its user is one no more."""

        ACCOUNT = "account", gettext_lazy("account")
        CURATOR = "curator", gettext_lazy("curator")
        SUPERUSER = "superuser", gettext_lazy("superuser")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = NameField(max_length=80, help_text=gettext_lazy("What it is for, such as the name of a program."))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=6, help_text=gettext_lazy("How its secret ends."))
    scopes = models.JSONField(default=list)
    # Said in a field of its own: a token for one arena must not be one for all when that arena is removed.
    is_for_all_arenas = models.BooleanField(default=True)
    arenas = models.ManyToManyField(Arena, blank=True, related_name="+")
    level = models.CharField(max_length=10, choices=Level)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "access token"

    def __str__(self) -> str:
        return self.name


class IdempotentAnswer(models.Model):
    """What a request with an Idempotency-Key was answered: the same request is answered the same, and does nothing again."""

    owner = models.CharField(max_length=30, help_text=gettext_lazy("The token, or the account that was signed in."))
    key = models.CharField(max_length=200)
    request = models.CharField(max_length=64, help_text=gettext_lazy("SHA-256 of the address and the body."))
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    location = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_answer_a_key")]
        indexes = [models.Index(fields=["created_at"], name="answer_by_age")]

    def __str__(self) -> str:
        return self.key
