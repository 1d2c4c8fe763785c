"""Django's settings, made from the typed environment. Values a person may choose live in `environment.py`."""

import hashlib
import logging
import os
from pathlib import Path
from typing import Any

import dj_database_url
import structlog
from django.utils.csp import CSP

from arena.config import languages
from arena.config.environment import BASE_DIR, DATABASE_FILE_NAME, Environment, WrongSettings, misspelt, take_keys_from_file
from arena.config.redaction import LogLine

# What this site writes is for its own account: database and log, tallies, uploads, backups.
os.umask(0o077)
if unknown := misspelt():
    raise WrongSettings("\n".join(unknown))
ENV = Environment()
take_keys_from_file()
DATA_DIR: Path = ENV.agon_data_dir.resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
DATABASE_FILE = DATA_DIR / DATABASE_FILE_NAME  # which database it is says DATABASES: this one where no other is named

SECRET_KEY = ENV.secret_key()
DEBUG = ENV.agon_debug
ALLOWED_HOSTS = ENV.agon_allowed_hosts
CSRF_TRUSTED_ORIGINS = ENV.agon_trusted_origins
CSRF_FAILURE_VIEW = "arena.config.errors.error_pages.form_refused"

# --- languages: a compiled catalogue in this folder adds one ----------------------------------------------------------
USE_I18N = True
LANGUAGE_CODE = languages.SOURCE
LOCALE_PATHS = [BASE_DIR / "arena" / "locale"]
LANGUAGES = languages.with_catalogue(LOCALE_PATHS[0])

INSTALLED_APPS = [
    "arena.config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "arena",
    "judges",
    "ranking",
]

MIDDLEWARE = [
    "arena.config.errors.unavailable.Middleware",
    "arena.config.proxies.HttpsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # with random bytes in front, so that lengths reveal no secret
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # From a cookie or what the browser asks for, without a query. In one language nothing varies by it.
    *(["django.middleware.locale.LocaleMiddleware"] if len(LANGUAGES) > 1 else []),
    "arena.config.languages.EnglishForPrograms",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "arena.config.errors.error_pages.NotAllowedPage",
]

ROOT_URLCONF = "arena.config.urls"
WSGI_APPLICATION = "arena.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["arena.templatetags.numbers"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "arena.views.context.menu",
            ],
        },
    }
]

# --- the database: SQLite in the data folder, or PostgreSQL ---------------------------------------------------------
_database: dict[str, Any] = dict(dj_database_url.parse(ENV.database))
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        # A writer that begins as a reader cannot wait for its turn: it fails at once. IMMEDIATE takes the turn first.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # synchronous=FULL: a vote that was answered survives a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;",
    }
    # A new connection at each request costs 1 to 2 ms and forgets its pages and statements.
    _database["CONN_MAX_AGE"] = None
    # Threads and processes share a test database only as a file.
    _database["TEST"] = {"NAME": str(DATA_DIR / f"test-{os.getpid()}.sqlite3")}
else:
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
    # A server that does not answer is found out soon; sessions of ours are known by their name.
    _database["OPTIONS"] = {"connect_timeout": 5, "application_name": "agon"} | _database.get("OPTIONS", {})
DATABASES = {"default": _database}

# --- tasks: a broker in a folder, Redis or RabbitMQ ------------------------------------------------------------------
CELERY_BROKER_URL = ENV.broker
BROKER_FOLDER = DATA_DIR / "broker"
# Two sites on one server do not take each other's bells: a queue belongs to a database.
_site = "|".join(str(_database.get(name, "")) for name in ("HOST", "PORT", "NAME"))
CELERY_TASK_DEFAULT_QUEUE = f"agon-{hashlib.sha256(_site.encode()).hexdigest()[:10]}"
# On a server workers can be inspected; in the folder that is not needed.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = not CELERY_BROKER_URL.startswith("folder:")
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {}
if CELERY_BROKER_URL.startswith("folder:"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"folder": str(BROKER_FOLDER)}
elif CELERY_BROKER_URL.startswith(("redis", "sentinel")):
    # A message that a dead worker held comes back after this; rows are swept long before.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_connect_timeout": 3, "socket_keepalive": True}

# --- who may sign in -------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "arenas"
LOGOUT_REDIRECT_URL = "arenas"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the time on the page stays true
AXES_DISABLE_ACCESS_LOG = True  # failures are enough; who signed in when from where is private
AXES_LOCKOUT_CALLABLE = "arena.config.signing_in.locked_out"
AXES_WHITELIST_CALLABLE = "arena.config.signing_in.in_known_browser"
AXES_CLIENT_IP_CALLABLE = "arena.config.signing_in.client_address"

# --- what a browser may do with our pages ----------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = ENV.agon_https
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 31_536_000
SECURE_HSTS_SECONDS = 31_536_000 if ENV.agon_https else 0
if ENV.agon_behind_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
BEHIND_PROXY = ENV.agon_behind_proxy
HTTPS = ENV.agon_https
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
UPLOAD_FOLDER = DATA_DIR / "uploads"

# --- static files ----------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = DATA_DIR / "media"

# --- REST ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "arena.api.callers.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["arena.api.callers.scopes.WithinScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "arena.api.negotiation.Negotiation",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "arena.api.paging.Paging",
    "DEFAULT_SCHEMA_CLASS": "arena.api.schema.ReadSchema",
    "DEFAULT_THROTTLE_CLASSES": ["arena.api.callers.throttling.CallerThrottle"],
    "EXCEPTION_HANDLER": "arena.api.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Requests a minute of a token, an account, or an address without either. Generous: a script that reads a whole arena page by
# page passes, a loop without an end does not.
API_LIMITS = {"read": 1200, "write": 300}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Agon",
    "DESCRIPTION": "Arenas, battles, leaderboards and judges. Every number names the snapshot it comes from.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SORT_OPERATIONS": False,
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "OutcomeEnum": "arena.outcomes.Outcome",
        "VisibilityEnum": "arena.models.Visibility",
        "CompetitorStatusEnum": "arena.models.CompetitorStatus",
        "PromptStatusEnum": "arena.models.PromptStatus",
        "RunKindEnum": "arena.models.Run.Kind",
        "RunStateEnum": "arena.models.Run.State",
        "AttemptStateEnum": "arena.models.Attempt.State",
        "GameStateEnum": "judges.models.Game.State",
        "JudgeKindEnum": "judges.models.Judge.Kind",
    },
}

# --- the wiring of rooms that must not know each other ---------------------------------------------------------------
# matchmaking asks this function which pairs to serve; `ranking` computes it from the newest fit.
PAIR_WEIGHTS = "ranking.boards.pairs.pair_weights.pair_weights"
# Voters of a file of battles that are judges: what becomes of what they said, and of it where the import is set aside.
IMPORT_KINDS = {"judgements": "judges.importing.kinds.JudgementFiles", "labels": "judges.importing.kinds.LabelFiles"}
# on pages about judges and battles: the boards that count a judge, and what ratings expected of a battle
BOARDS_OF_JUDGES, EXPECTED_OF_BATTLE = "ranking.elsewhere.boards_of_judges", "ranking.elsewhere.expected_of_battle"
# sentences on the boards of an arena that came in as an archive
BOARDS_OF_ARRIVED = "ranking.boards.snapshots.standing.about_arrived"
IMPORTS_COUNT = {
    "prompts": "arena.archiving.imported_rows.count", "responses": "arena.archiving.imported_rows.count",
    "judgements": "judges.importing.undoing.count_judgements", "labels": "judges.importing.undoing.count_labels"
}  # fmt: skip
VERDICTS_OF_VOTERS = "judges.importing.loading.voted_games.take"
VERDICTS_OF_VOTERS_COUNT = "judges.importing.loading.voted_games.count"
# /metrics shows what these functions yield.
GAUGES = ["arena.operations.metrics.gauges", "ranking.metrics.gauges"]

# /readyz adds the results of these functions.
REMARKS = ["arena.config.proxies.remark"]

# what a kind of run does with its calls
RUN_KINDS = {
    "generate": "arena.run_kinds.generation.Generation",
    "judge": "judges.runs.judging.Judging",
    "checklist": "judges.runs.checklist_writing.ChecklistWriting",
}

# what can be taken out as a file, in the order of the page
EXPORTED_TABLES = [
    "arena.exporting.prompts.PromptTable",
    "arena.exporting.answers.AnswerTable",
    "arena.exporting.battles.BattleTable",
    "arena.exporting.votes.VoteTable",
    "judges.exporting.games.GameTable",
    "judges.exporting.gold_labels.GoldLabelTable",
    "judges.exporting.gold_answers.GoldAnswerTable",
    "judges.exporting.preference_tables.DpoTable",
    "judges.exporting.preference_tables.KtoTable",
    "judges.exporting.preference_tables.RewardBenchTable",
    "judges.exporting.preference_tables.HelpSteer2Table",
    "ranking.exporting.boards.BoardRows",
    "ranking.exporting.boards.SnapshotRows",
]

# what else is done where rows of a model are archived or brought back
ARCHIVED_WITH = {"judges.Judge": "judges.retiring.RetiredJudges"}

# how REST draws up and starts a kind of run
RUN_DRAFTS = {"generate": "arena.api.writing.answer_runs.ANSWERS", "judge": "judges.api.judge_runs.JUDGING"}

ENDPOINTS_ALLOWED = frozenset(ENV.agon_endpoints_allowed)
VOTES_PER_MINUTE = ENV.agon_votes_per_minute
ANONYMOUS_VOTERS_PER_HOUR = ENV.agon_anonymous_voters_per_hour
METRICS_TOKEN = ENV.agon_metrics_token
FIT_MEMORY_MB = ENV.agon_fit_memory_mb
WORKER_MEMORY_MB = ENV.agon_worker_memory_mb

TIME_ZONE = ENV.agon_time_zone
USE_TZ = True
FORMAT_MODULE_PATH = ["arena.config.formats"]

# --- one log ---------------------------------------------------------------------------------------------------------
LOG_LEVEL = ENV.agon_log_level
_shared_processors: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                LogLine(),
            ],
            "foreign_pre_chain": _shared_processors,
        }
    },
    "filters": {
        "no_secrets": {"()": "arena.config.redaction.RedactingFilter"},
        "short_refusals": {"()": "arena.config.redaction.OneLineForRefusals"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["short_refusals", "no_secrets"]}
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # a line for every ring would be three a second
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[*_shared_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
logging.captureWarnings(True)
