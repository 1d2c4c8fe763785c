"""The proxy in front and the settings about it: http is sent on to https, and what does not fit together is named."""

import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

log = structlog.get_logger(__name__)

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")
MACHINES = ("/healthz", "/readyz", "/metrics")  # asked by machines on this one, which know no https
LOCAL = {"localhost", "127.0.0.1", "::1"}
REMEMBERED_SECONDS = 3600.0
_newest: tuple[float, "Fault"] | None = None


class Fault(NamedTuple):
    """Which variable or which line of the proxy does not fit a request: with the request's own words, and without them.

    Anybody can send a request; what it says is for who sent it and for the log, not for whoever looks at `/readyz` later.
    """

    in_full: str = ""
    plainly: str = ""


class MovedToHttps(HttpResponseRedirect):
    status_code = 308  # a form arrives as a form


class HttpsMiddleware:
    """Where AGON_HTTPS is set. A proxy that does not forward the protocol is not sent in a circle."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not settings.HTTPS or request.is_secure() or request.path in MACHINES:
            return self.get_response(request)
        says_http = "HTTP_X_FORWARDED_PROTO" in request.META
        if settings.BEHIND_PROXY and (says_http or not is_forwarded(request)) and not _is_bare(request):
            return MovedToHttps(f"https://{request.get_host()}{request.get_full_path()}")
        remember(fault_of(request))
        return self.get_response(request)


def _is_bare(request: HttpRequest) -> bool:
    """Asked by this machine's own name: a proxy that passes nothing on would send its readers to an address of ours."""
    return not is_forwarded(request) and urlsplit(f"//{request.META.get('HTTP_HOST', '')}").hostname in LOCAL


def is_forwarded(request: HttpRequest) -> bool:
    return any(header in request.META for header in FORWARDED)


def refused(request: HttpRequest, reason: str) -> str:
    """A form was refused: what the proxy or the settings have to do with it, remembered and logged."""
    fault = fault_of(request)
    remember(fault)
    log.warning("a form was refused", path=request.path, reason=fault.in_full or reason)
    return fault.in_full


def fault_of(request: HttpRequest) -> Fault:
    """What does not fit this request, with its value; empty where nothing is seen."""
    host, origin = request.META.get("HTTP_HOST", ""), urlsplit(_origin_of(request))
    is_same_host = bool(origin.hostname) and origin.hostname == urlsplit(f"//{host}").hostname
    asked_by_https = is_same_host and origin.scheme == "https"
    if not request.is_secure() and (asked_by_https or (settings.HTTPS and is_forwarded(request))):
        return _https_not_forwarded(request)
    if is_same_host and origin.netloc != host:
        return Fault(
            f"the browser asked for {origin.netloc}, and the proxy passes on Host: {host}. With nginx: proxy_set_header Host "
            f"$http_host; or set AGON_TRUSTED_ORIGINS={origin.scheme}://{origin.netloc} (it is {_trusted()})",
            "a browser asked for another host or port than the proxy passes on. With nginx: proxy_set_header Host $http_host; "
            "or set AGON_TRUSTED_ORIGINS; the log names both",
        )
    if settings.HTTPS and settings.BEHIND_PROXY and _is_bare(request):
        fault = (
            "AGON_HTTPS=true, AGON_BEHIND_PROXY=true, and a request came as Host: %s without X-Forwarded-Proto: from this "
            "machine, or through a proxy that passes nothing on. With nginx: proxy_set_header Host $http_host; "
            "proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for"
        )
        return Fault(fault % host, fault % urlsplit(f"//{host}").hostname)
    if settings.HTTPS and not request.is_secure():
        fault = "AGON_HTTPS=true, and this was asked by http: the cookies of this site are sent over https only"
        return Fault(fault, fault)
    if origin.hostname and not is_same_host and urlsplit(f"//{host}").hostname in LOCAL:
        cure = "the proxy has to pass it on. With nginx: proxy_set_header Host $http_host"
        return Fault(
            f"the form came from {origin.scheme}://{origin.netloc} and reached the site as Host: {host}. If it is an "
            f"address of this site, {cure}",
            f"a form came from another address and reached the site by a name of this machine. If it is of this site, {cure}",
        )
    return Fault()


def _https_not_forwarded(request: HttpRequest) -> Fault:
    if not settings.BEHIND_PROXY:
        fault = "the site is asked by https through a proxy, and AGON_BEHIND_PROXY=false: set AGON_BEHIND_PROXY=true"
        return Fault(fault, fault)
    forwarded_proto = request.META.get("HTTP_X_FORWARDED_PROTO")
    fault = "AGON_BEHIND_PROXY=true, and the proxy %s. With nginx: proxy_set_header X-Forwarded-Proto $scheme"
    if forwarded_proto is None:
        return Fault(fault % "sends no X-Forwarded-Proto", fault % "sends no X-Forwarded-Proto")
    return Fault(fault % f"sends X-Forwarded-Proto: {forwarded_proto}", fault % "sends another X-Forwarded-Proto than https")


def _origin_of(request: HttpRequest) -> str:
    origin: str = request.META.get("HTTP_ORIGIN", "")
    return origin if origin and origin != "null" else request.META.get("HTTP_REFERER", "")


def _trusted() -> str:
    return ",".join(settings.CSRF_TRUSTED_ORIGINS) or "empty"


def remember(fault: Fault) -> None:
    """For `/readyz` of this process. It stays ready: anybody can send a request that does not fit."""
    global _newest
    if fault.in_full:
        if _newest is None or _newest[1] != fault:
            log.warning("the proxy and the settings do not fit together", reason=fault.in_full)
        _newest = (time.monotonic(), fault)


def newest_fault() -> str:
    """The same, without the request's own words."""
    return _newest[1].plainly if _newest and time.monotonic() - _newest[0] < REMEMBERED_SECONDS else ""


def remark() -> tuple[str, str]:
    fault = newest_fault()
    return "proxy", f"does not fit the settings: {fault}" if fault else ""


def public_url(url: str) -> str:
    """The address that people use, as far as it is in the settings; `url` is the one on this machine."""
    if settings.CSRF_TRUSTED_ORIGINS and "*" not in settings.CSRF_TRUSTED_ORIGINS[0]:
        return f"{settings.CSRF_TRUSTED_ORIGINS[0]}/"
    names = [host for host in settings.ALLOWED_HOSTS if host not in {"localhost", "127.0.0.1", "[::1]", "*"} and host[0] != "."]
    return f"https://{names[0]}/" if settings.HTTPS and names else url
