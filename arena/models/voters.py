from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models.arenas import Arena


class Voter(models.Model):
    """Who voted, known in one arena only: an account, an anonymous cookie, a name in an imported file,
    or somebody whom a program speaks for."""

    class Kind(models.TextChoices):
        ACCOUNT = "account", gettext_lazy("account")
        ANONYMOUS = "anonymous", gettext_lazy("anonymous")
        IMPORTED = "imported", gettext_lazy("imported")
        EXTERNAL = "external", gettext_lazy("external: sent by a program")

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="voters")
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(
        max_length=200,
        help_text=gettext_lazy("Account number, hash of the cookie, name in the file, or the program's own id; never shown."),
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["arena", "kind", "key"], name="voter_in_arena")]

    def __str__(self) -> str:
        return _("voter %(number)s") % {"number": self.pk}
