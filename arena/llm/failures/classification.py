"""Classify a status and a server's error as a typed failure: why there is no reply, and what the failure is final for.

The rows of `_TABLE` are asked in order; the first one decides. A row names the HTTP statuses under which it holds (a gateway's
500 and a success may hide any of them), codes and types by their names, and words of the message.
"""

import re
from dataclasses import dataclass

from arena.lazy_patterns import LazyPattern
from arena.llm.failures.error_bodies import Complaint
from arena.llm.failures.errors import Cause, Kind

_ANY = frozenset(range(200, 600))
_ASKED_WRONGLY = frozenset({200, 400, 403, 404, 406, 409, 422, 424, 451, 500, 502, 503})
_WORDY = frozenset({200, 400, 401, 402, 403, 422, 429, 500, 502, 503})


@dataclass(frozen=True, slots=True)
class _FailureRow:
    kind: Kind
    cause: Cause
    statuses: frozenset[int]
    names: LazyPattern | None = None  # the whole of a code or type
    words: LazyPattern | None = None  # in the message or a name
    unless: LazyPattern | None = None  # words that rule the row out

    def fits(self, status: int, complaint: Complaint) -> bool:
        if status not in self.statuses or (self.unless and self.unless.search(complaint.words)):
            return False
        named = self.names is not None and any(self.names.fullmatch(_last(name)) for name in complaint.names)
        return named or (self.words is not None and bool(self.words.search(complaint.words)))


def _names(names: str) -> LazyPattern:
    return LazyPattern("|".join(names.split()), re.I)


def _words(words: str) -> LazyPattern:
    """Words of a message; a space stands for any run of blanks, hyphens and underscores."""
    return LazyPattern("|".join(line.strip().replace(" ", r"[ _-]*") for line in words.strip().splitlines()), re.I)


_SHORTLY = _words(r"""
    (retry|try) (again )?in \d
    per (minute|second|hour)
    PerMinute
    \b[RT]P[MS]\b
    requests? per
    please slow down
""")
_TABLE = (
    _FailureRow(
        Kind.GAME, Cause.CONTEXT_LENGTH, _ASKED_WRONGLY | {413, 429},
        names=_names("""
            context_length_exceeded exceed_context_size_error string_above_max_length request_too_large
            context_window_exceeded ContextWindowExceededError prompt_too_long input_too_long
        """),
        words=_words(r"""
            context (length|window|size) .{0,60}(exceed|limit|larger|longer|overflow)
            (exceed|larger|longer|overflow)\w* .{0,80}context (length|window|size)
            (exceed|larger|longer|overflow)\w* .{0,80}(maximum (input|number of tokens)|available context)
            maximum context
            context limit
            maximum (model|sequence|input|prompt) length
            maximum (allowed )?number of (input )?tokens
            prompt is too long
            (prompt|input|message|request)s? (is|are)? too (long|large)
            too many (input )?tokens
            too large for (the )?model
            reduce the length
            Range of input length
            inputs?\W? (tokens? .{0,40}(must be|exceed|greater)|must have less than)
            tokens? in (the )?(prompt|request|messages) .{0,40}exceed
        """),
        unless=_words(r"too many tokens, please wait"),
    ),
    _FailureRow(
        Kind.GAME, Cause.POLICY, frozenset({200, 400, 403, 422, 451, 500}),
        names=_names("""
            content_filter content_policy_violation ResponsibleAIPolicyViolation data_inspection_failed
            DataInspectionFailed moderation_blocked invalid_prompt cyber_policy_violation ContentPolicyViolationError
            content_moderation_error SAFETY PROHIBITED_CONTENT BLOCKLIST content_blocked guardrail_blocked
            guardrail_intervened sensitive_content content_restricted
        """),
        words=_words(r"""
            content (filter|policy|management policy|moderation)
            content exists risk
            usage (polic|guideline)
            safety (system|polic|filter|check|reason)
            responsible ?ai
            moderation
            (prompt|input|output|content|request|message|text)s? (\w+ ){0,3}flagged
            violat\w+ .{0,40}polic
            (prohibited|inappropriate|unsafe|sensitive|harmful) (content|material|information|or unsafe)
            guardrail
        """),
        unless=_words(r"(data|organi[sz]ation(al)?|admin\w*) polic"),
    ),
    _FailureRow(
        Kind.ENDPOINT, Cause.CREDIT, _WORDY,
        names=_names("""
            insufficient_quota insufficient_balance insufficient_credits? billing_error billing_not_active
            billing_hard_limit_reached exceeded_current_quota_error credits?_exhausted quota_exhausted BILLING_DISABLED
            out_of_credits payment_required budget_exceeded ExceededBudget access_terminated_error Arrearage arrears
            spend_limit_exceeded
        """),
        words=_words(r"""
            credit balance
            insufficient (\w+ )?(balance|credits?|quota|funds)
            \b(not enough|out of|no|requires? more|run out of|more) credits?\b
            exceeded your (current|monthly) (quota|included|budget)
            exceeded your monthly
            billing (is |has )?(not|disabled|hard limit|inactive|issue)
            requires? billing
            account is not active, please check your billing
            payment (is )?(required|method|overdue)
            (api )?usage limits?\. you will regain
            reached your specified
            budget has been exceeded
            exceeded (your |the )?budget
            (spend|spending|key|credit|cost) limit (exceeded|reached)
            (please )?recharge
            (in|account) arrears?
            top up
            suspended .{0,60}billing
            prepa(id|yment) .{0,40}(deplet|exhaust)
        """),
        unless=_SHORTLY,
    ),
    _FailureRow(
        Kind.ENDPOINT, Cause.CREDIT, _WORDY | {429},  # Google names a wait although the daily quota is used up
        words=LazyPattern(r"PerDay(Per|\b)"),
    ),
    _FailureRow(
        Kind.TEMPORARY, Cause.RATE_LIMIT, _ANY - {401, 404, 410},
        names=_names("""
            rate_limit rate_limit_exceeded rate_limit_error rate_limited rate_limit_reached RateLimitError
            RateLimitReached RateLimitExceeded RESOURCE_EXHAUSTED Throttling ThrottlingException throttling_error
            Throttled TooManyRequests TooManyRequestsException too_many_requests RateQuota AllocationQuota BurstRate
            RATE_LIMIT_EXCEEDED requests_limit_exceeded tpm_exceeded rpm_exceeded
        """),
        words=_words(r"""
            rate limit(ed|s|ing)? ?(has been |was |is )?(reached|exceed|hit|error|upstream|for)
            rate limited
            too many requests
            too many tokens, please wait
            throttl(ed|ing)
            (requests?|calls?) (rate|limit) (exceeded|reached)
            requests? rate limit
            exceeded (the |your )?(call |token )?rate limit
            slow down
            error code: 1015
        """),
    ),
    _FailureRow(
        Kind.ENDPOINT, Cause.KEY, _WORDY | {404, 407},
        names=_names("""
            invalid_api_key api_key_invalid API_KEY_INVALID authentication_error AuthenticationError auth_error
            invalid_authentication invalid_authentication_error UNAUTHENTICATED unauthorized PERMISSION_DENIED
            permission_error permission_denied account_deactivated account_suspended access_denied AccessDenied
            AccessDeniedException AccountProblem InvalidApiKey invalid_token token_not_found_in_db expired_key
            token_expired ExpiredTokenException UnrecognizedClientException InvalidSignatureException IncompleteSignature
            MissingAuthenticationTokenException AuthenticationFailed SERVICE_DISABLED CONSUMER_SUSPENDED api_key_expired
            API_KEY_SERVICE_BLOCKED missing_api_key key_model_access_denied organization_restricted country_not_supported
            unsupported_country_region_territory
        """),
        words=_words(r"""
            (api|subscription|access|secret|virtual) (key|token)s?\b.{0,60}(not valid|invalid|incorrect|expired)
            (api|subscription|access|secret|virtual) (key|token)s?\b.{0,60}(missing|revoked|disabled|not found)
            (api|subscription|access|secret|virtual) (key|token)s?\b.{0,60}(not provided|required|wrong|blocked|leaked)
            (invalid|incorrect|expired|missing|wrong|bad|revoked) (\w+ ){0,2}(api|access|subscription) (key|token)s?\b
            (no|malformed|valid|provide an?) (\w+ ){0,2}(api|access|subscription|secret|virtual) (key|token)s?\b
            (invalid|incorrect|expired|missing|no|bad) (proxy server|auth\w*|bearer|secret|virtual) (key|token|credential)s?\b
            no auth credentials
            (invalid|bad|no|missing|expired) (credential|authorization|authentication|auth header)
            invalid x api key
            authentication (failed|error|required|fails)
            not authenticated
            (account|organi[sz]ation|project|user|key|consumer) .{0,60}(deactivated|suspended|disabled|banned)
            security token .{0,40}(invalid|expired)
            location is not supported
            (country|region|territory).{0,30} not supported
            has not been used in project
            \bunauthori[sz]ed\b
        """),
    ),
    _FailureRow(
        Kind.ENDPOINT, Cause.MODEL, frozenset({200, 400, 403, 404, 410, 422, 424, 500}),
        names=_names("""
            model_not_found ModelNotFound model_not_supported model_decommissioned model_not_available unknown_model
            invalid_model DeploymentNotFound NOT_FOUND not_found_error ModelNotFoundError model_not_exist model_deprecated
            model_terms_required model_not_loaded ModelNotOpen InvalidEndpointOrModel deployment_not_found
        """),
        words=_words(r"""
            model.{0,120}(does not exist|not found|not exist|is not available|decommissioned|no longer (available|supported))
            model.{0,120}(is deprecated|has been (removed|retired|deprecated))
            (no such|unknown|invalid|unsupported|not a valid) (chat )?model\b( name| id|identifier|\W|$)
            model (identifier|id|name) .{0,40}(invalid|unknown)
            not a valid model
            no endpoints found
            no models? (is )?loaded
            on demand throughput isn.t supported
            does not have access to (the )?model
            not a chat model
            (LoRA|adapter) .{0,60}(not found|does not exist)
            does not support chat( completions?)?\b
        """),
        unless=_words(r"""
            (still|is|currently) (loading|overloaded|busy)
            loading model
            temporar(y|ily)
            currently (unavailable|not available)
            try again
        """),
    ),
    _FailureRow(
        Kind.ENDPOINT, Cause.ADDRESS, frozenset({400, 200, 500, 502}),
        words=_words(r"""
            plain HTTP request was sent to HTTPS port
            client sent an HTTP request to an HTTPS server
            speaking plain HTTP to an SSL enabled server port
            combination of host and port requires TLS
        """),
    ),
    _FailureRow(
        Kind.TEMPORARY, Cause.SERVER, frozenset({200, 400, 403, 404, 422, 424}),
        names=_names("""
            overloaded_error overloaded server_error internal_server_error internal_error InternalServerError
            InternalServerException ServiceUnavailable ServiceUnavailableException service_unavailable
            service_unavailable_error engine_overloaded UNAVAILABLE INTERNAL DEADLINE_EXCEEDED ABORTED timeout
            timeout_error request_timeout ModelTimeoutException ModelErrorException ModelNotReadyException model_loading
            model_not_ready upstream_error provider_error bad_gateway gateway_timeout engine_overloaded_error no_capacity
            capacity_exceeded over_capacity queue_full generation incomplete_generation provider_overloaded
            provider_unavailable InternalFailure
        """),
        words=_words(r"""
            overloaded
            (server|model|service|engine|system) (is )?(currently |too )?busy
            temporar(y|ily)
            (is|still|currently) (loading|starting|warming)
            loading model
            model loading
            try again (later|in \d|shortly|soon)
            (at|over|no|out of|insufficient) capacity
            timed out
            (request|gateway|upstream) time ?out
            upstream (\w+ )?(error|broke|fail|connect|unavailable|request)
            bad gateway
            internal (server )?error
            service (is )?(temporarily )?unavailable
            currently unavailable
            server had an error
        """),
    ),
    _FailureRow(
        Kind.TEMPORARY, Cause.SERVER, frozenset({200, 424}),  # words that are too weak beside a status of another meaning
        words=_words(r"""
            (please )?try (again|your request again)
            please retry
            error occurred while processing
        """),
    ),
)  # fmt: skip
_BY_STATUS: dict[int, tuple[Kind, Cause]] = {
    401: (Kind.ENDPOINT, Cause.KEY), 402: (Kind.ENDPOINT, Cause.CREDIT), 403: (Kind.ENDPOINT, Cause.KEY),
    404: (Kind.ENDPOINT, Cause.MODEL), 405: (Kind.ENDPOINT, Cause.ADDRESS), 407: (Kind.ENDPOINT, Cause.KEY),
    408: (Kind.TEMPORARY, Cause.SERVER), 409: (Kind.TEMPORARY, Cause.SERVER), 410: (Kind.ENDPOINT, Cause.MODEL),
    413: (Kind.GAME, Cause.CONTEXT_LENGTH), 424: (Kind.TEMPORARY, Cause.SERVER), 425: (Kind.TEMPORARY, Cause.SERVER),
    426: (Kind.ENDPOINT, Cause.ADDRESS), 429: (Kind.TEMPORARY, Cause.RATE_LIMIT), 497: (Kind.ENDPOINT, Cause.ADDRESS),
    499: (Kind.TEMPORARY, Cause.SERVER), 501: (Kind.ENDPOINT, Cause.ADDRESS),
}  # fmt: skip
_FLATTENED = frozenset({200, 400, 500, 502})  # under these, the status in the body is more exact


def classified(status: int, complaint: Complaint) -> tuple[Kind, Cause]:
    """What an error is final for, and why; refused parameters are checked before."""
    if 300 <= status < 400:
        return Kind.ENDPOINT, Cause.ADDRESS
    status = true_status(status, complaint)
    if complaint.is_filtered and status in {400, 403, 422, 200}:
        return Kind.GAME, Cause.POLICY
    for row in _TABLE:
        if row.fits(status, complaint):
            return row.kind, row.cause
    if status >= 500 and status not in _BY_STATUS:
        return Kind.TEMPORARY, Cause.SERVER
    return _BY_STATUS.get(status, (Kind.GAME, Cause.NO_COMPLETION if status < 300 else Cause.BAD_REQUEST))


def true_status(status: int, complaint: Complaint) -> int:
    """The status in the body where a gateway has flattened the HTTP status."""
    return complaint.status if complaint.status is not None and status in _FLATTENED else status


def _last(name: str) -> str:
    """`litellm.RateLimitError` and `com.amazon.coral#ThrottlingException` by their last word."""
    return re.split(r"[.#:/]", name.strip())[-1]
