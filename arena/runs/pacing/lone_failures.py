"""Whether only this call fails: then the call is at fault, which says little about its endpoint."""

from arena.models import Attempt
from arena.runs.sender_threads import FinishedJob


def fails_alone(reply: FinishedJob) -> bool:
    """Whether this call failed before, and other calls were answered at its endpoint since then."""
    call = reply.job.call
    if call.n_sent < 2:  # its first attempt
        return False
    failed = Attempt.objects.filter(call=call, state=Attempt.State.FAILED).exclude(pk=reply.job.attempt.pk)
    first = failed.order_by("pk").first()
    if first is None or first.finished_at is None:
        return False
    later = Attempt.objects.filter(endpoint=reply.job.endpoint, pk__gt=first.pk, sent_at__gt=first.finished_at)
    return later.filter(state=Attempt.State.OK).exclude(call=call).exists()
