"""Who links to a snapshot or exports it, keeps it for good. A crawler that opens them all does not."""

from django.db import IntegrityError
from django.http import Http404, HttpRequest
from django.utils import timezone

from arena import rate_windows
from arena.voter_identity import address_of
from ranking.models import KeptSnapshot, Snapshot

KEPT_AN_HOUR = 20  # by one address without an account


def keep(snapshot: Snapshot, request: HttpRequest, *, reason: str) -> None:
    if KeptSnapshot.objects.filter(snapshot=snapshot).exists():
        return
    if request.user.is_authenticated or rate_windows.allow(
        f"keep:{address_of(request)}", at_most=KEPT_AN_HOUR, seconds=3600, now=timezone.now()
    ):
        try:
            KeptSnapshot.objects.get_or_create(snapshot=snapshot, defaults={"reason": reason})
        except IntegrityError as gone:
            raise Http404("thinned out since it was looked up") from gone
