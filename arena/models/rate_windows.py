from django.db import models


class RateWindow(models.Model):
    """How often something was done in one window of time. `key` is a keyed hash: no address is stored."""

    key = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["key", "starts_at"], name="one_window_a_key")]

    def __str__(self) -> str:
        return f"{self.count} since {self.starts_at}"
