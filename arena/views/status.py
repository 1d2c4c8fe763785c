"""Liveness, readiness and metrics, for monitoring."""

import ipaddress
import secrets
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector

from arena.operations import readiness

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is checked."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look for an icon on pages that name none."""
    return redirect(static("img/mark.svg"))


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    failures = readiness.failures()
    lines = [f"{part}: {failures.get(part, 'ok')}\n" for part in readiness.PARTS]
    lines += [f"{part}: {remark}\n" for part, remark in readiness.remarks().items()]
    return HttpResponse("".join(lines), status=503 if failures else 200, content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read_metrics(request):
        reason = (
            "/metrics answers a bearer token that equals AGON_METRICS_TOKEN, or this machine where neither AGON_BEHIND_PROXY "
            "nor AGON_HTTPS is set.\n"
        )
        return HttpResponse(reason, status=403, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry()
    registry.register(_Gauges())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Gauges(Collector):
    """The metrics of every app; apps do not import each other, so `settings.GAUGES` names them."""

    def collect(self) -> Iterator[Metric]:
        for path in settings.GAUGES:
            yield from import_string(path)()


def _may_read_metrics(request: HttpRequest) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and kind.lower() == "bearer":
        return secrets.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    return _is_local(request)


def _is_local(request: HttpRequest) -> bool:
    """From this machine, and not through a proxy that runs on it. Where there is one, it may pass on no header at all."""
    if settings.BEHIND_PROXY or settings.HTTPS or any(header in request.META for header in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
