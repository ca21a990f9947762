"""Django settings. Everything an operator may change comes from the environment (see README.md)."""

from __future__ import annotations

import sys
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.urls import reverse_lazy

from coday.env import BASE_DIR, data_dir, env, secret_key
from coday.limits import *  # noqa: F403  # what people may have how much of
from coday.limits import CODAY_MAX_FRAME_BYTES
from coday.static_version import static_version

DATA_DIR = data_dir()
SECRET_KEY = secret_key()
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
ENCRYPTION_KEYS: list[str] = env.list("CODAY_ENCRYPTION_KEYS", default=[]) or [SECRET_KEY, *SECRET_KEY_FALLBACKS]
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CODAY_PUBLIC_URL = env.str(
    "CODAY_PUBLIC_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}"
)  # for callbacks

# --- Apps ---------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    *(["daphne"] if "runserver" in sys.argv else []),  # first; it is that command's server, and slow to import
    "unfold.apps.BasicAppConfig",  # its other one brings an admin site of its own
    "coday.accounts.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "coday.accounts",
    "usage",
    "skills",
    "agents",
    "threads",
    "runs",
]

MIDDLEWARE = [
    "coday.edge.headers.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "coday.edge.static.StaticFilesMiddleware",
    "coday.edge.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "coday.urls"
ASGI_APPLICATION = "coday.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Data ---------------------------------------------------------------------------------------------------------

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-20000;"
    " PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864;"
)
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url_config(env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'coday.sqlite3'}")
}
DATABASE_THREADS = env.int("CODAY_DATABASE_THREADS", default=8)
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Immediate transactions wait for the writer's lock at BEGIN, where waiting is safe, and never fail in the middle.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": SQLITE_PRAGMAS,
    }
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 2, "max_size": DATABASE_THREADS + 12, "timeout": 10}}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # the pool hands out no connection that a restart has cut

SHARED_DATABASE = DATABASES["default"]["ENGINE"].endswith("postgresql")  # other processes may work on it
REDIS_URL = env.str("REDIS_URL", default="")
DISTRIBUTED = SHARED_DATABASE and bool(REDIS_URL)  # workers execute the runs
CHANNEL_LAYERS: dict[str, Any] = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
if REDIS_URL:
    CHANNEL_LAYERS["default"] = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": env.str("CODAY_CHANNEL_PREFIX", default="coday")},
    }

# --- Runs ---------------------------------------------------------------------------------------------------------

RUN_DRIVER = "runs.execution.distributed.queue_driver" if DISTRIBUTED else "runs.execution.driver.local_driver"
CODAY_SHUTDOWN_SECONDS = env.float("CODAY_SHUTDOWN_SECONDS", default=10.0)  # for runs to end by themselves
CODAY_LEASE_SECONDS = env.float("CODAY_LEASE_SECONDS", default=15.0)  # of silence until a process counts as dead
CODAY_DATABASE_PATIENCE = env.float(
    "CODAY_DATABASE_PATIENCE", default=60.0
)  # seconds that a run waits for its database
if SHARED_DATABASE:  # the queue's tables are PostgreSQL's
    INSTALLED_APPS += ["procrastinate.contrib.django"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = DATA_DIR / "files"
STATIC_PACKAGES = ("django", "django-unfold", "djangorestframework", "drf-spectacular-sidecar")  # that bring such files
STATIC_URL = f"/static/{static_version(BASE_DIR / 'static', packages=STATIC_PACKAGES)}/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_MAX_AGE = 0 if DEBUG else 31_536_000  # seconds: another version has another address

# --- People and doors ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = reverse_lazy("accounts:login")
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
_STRICT = CONTENT_SECURITY_POLICY["DIRECTIVES"]
CONTENT_SECURITY_POLICIES = {  # by path, for pages that others wrote; nothing from a model or a person is shown as HTML there
    "/admin/": {**_STRICT, "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]},
    "/api/v1/docs/": {**_STRICT, "style-src": [SELF, UNSAFE_INLINE]},
}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["coday.accounts.authentication.ApiAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["coday.edge.parsers.LimitedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "coday.edge.problems.handle_exception",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Coday",
    "DESCRIPTION": "Read and drive conversations with AI agents.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {  # where several shapes have the same choices
        "SourceKindEnum": "skills.models.SkillSource.Kind",
        "ToolCallStatusEnum": "runs.models.ToolCall.Status",
        "ToolKindEnum": ["backend", "display", "client", "async", "mcp", "delegation"],
        "SettingLayerEnum": "agents.layers.LAYERS",
        "ImportanceByEnum": "runs.models.Run.ImportanceBy",
        "RunStatusEnum": "runs.models.Run.Status",
        "RunKindEnum": "runs.models.Run.Kind",
        "OnFailureEnum": "runs.models.RunCommand.OnFailure",
        "SlotStatusEnum": "runs.models.ScheduleSlot.Status",
        "MessageStatusEnum": "threads.models.Message.Status",
        "MessageRoleEnum": "threads.models.Message.Role",
        "SeenRoleEnum": ["user", "assistant", "tool"],
        "OperationStatusEnum": "runs.models.ToolOperation.Status",
        "CommandStatusEnum": "runs.models.RunCommand.Status",
        "RunContextEnum": "runs.models.Run.Context",
        "ChosenContextEnum": ["full", "excluded"],
        "NotificationEventEnum": ["completed", "failed", "cancelled", "interrupted", "waiting"],
        "PromptLayerEnum": ["coday", "agent", "skill", "site", "person"],
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "coday.edge.schema.add_problems",
    ],
}


_PAGES = {"runs_run_analytics"}  # of the admin that are no list


def _menu(title: str, *items: tuple[str, str, str]) -> dict[str, Any]:
    """One group of the admin's sidebar: items are title, icon (Material Symbols) and model, or page of one."""
    links = [
        {"title": name, "icon": icon, "link": reverse_lazy(f"admin:{page if page in _PAGES else f'{page}_changelist'}")}
        for name, icon, page in items
    ]
    return {"title": title, "separator": True, "items": links}


# The accent of the chat page (`--accent` in static/css/tokens.css), from light to dark.
_PRIMARY = {
    "50": "oklch(97.5% 0.014 175)",
    "100": "oklch(94.5% 0.022 175)",
    "200": "oklch(89% 0.045 176)",
    "300": "oklch(81% 0.07 177)",
    "400": "oklch(71% 0.085 178)",
    "500": "oklch(62% 0.09 178)",
    "600": "oklch(44% 0.08 178)",
    "700": "oklch(38% 0.08 178)",
    "800": "oklch(33% 0.065 178)",
    "900": "oklch(28% 0.05 178)",
    "950": "oklch(22% 0.035 178)",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Coday",
    "SITE_HEADER": "Coday",
    "SITE_URL": "/",
    "SITE_SYMBOL": "forum",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: f"{STATIC_URL}img/icon.svg"}],
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {"primary": _PRIMARY},
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            _menu(
                "Who answers",
                ("Agents", "smart_toy", "agents_agent"),
                ("Models", "neurology", "agents_languagemodel"),
                ("Providers", "cloud", "agents_provider"),
                ("Skills", "school", "skills_skill"),
                ("MCP servers", "extension", "skills_mcpserver"),
                ("Site chat settings", "tune", "agents_chatsettings"),
                ("Privacy", "shield_person", "threads_privacysettings"),
                ("Job endpoints", "webhook", "runs_jobendpoint"),
            ),
            _menu(
                "What happened",
                ("Threads", "forum", "threads_thread"),
                ("Runs", "play_circle", "runs_run"),
                ("Analytics", "monitoring", "runs_run_analytics"),
                ("Feedback", "thumbs_up_down", "runs_runfeedback"),
                ("Tags", "label", "runs_runtag"),
                ("Groups of runs", "folder_open", "runs_rungroup"),
                ("Templates", "bookmarks", "runs_runtemplate"),
                ("Schedules", "schedule", "runs_runschedule"),
                ("Shares", "share", "runs_share"),
                ("Reminders and jobs", "hourglass_top", "runs_tooloperation"),
                ("Usage", "payments", "usage_usagerecord"),
                ("Audit log", "policy", "accounts_auditrecord"),
            ),
            _menu(
                "People",
                ("Users", "person", "accounts_user"),
                ("Groups", "group", "auth_group"),
                ("API tokens", "key", "accounts_apitoken"),
            ),
        ],
    },
}

# --- Limits -------------------------------------------------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = CODAY_MAX_FRAME_BYTES
# --- Guards -------------------------------------------------------------------------------------------------------

# Behind a proxy that speaks TLS: cookies and pages over https only. A proxy on another machine is named by
# FORWARDED_ALLOW_IPS, which the server reads; one that tells the scheme in a header of its own, by that header.
CODAY_HTTPS = env.bool("CODAY_HTTPS", default=False)
CODAY_PROXY_SSL_HEADER = env.str("CODAY_PROXY_SSL_HEADER", default="")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = CODAY_HTTPS
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]  # asked from inside, without the proxy
SECURE_HSTS_SECONDS = env.int("CODAY_HSTS_SECONDS", default=31_536_000) if CODAY_HTTPS else 0
if CODAY_PROXY_SSL_HEADER:
    SECURE_PROXY_SSL_HEADER = (f"HTTP_{CODAY_PROXY_SSL_HEADER.upper().replace('-', '_')}", "https")
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # they ask for HSTS in the name of hosts that are not ours
SERVESTATIC_ALLOW_ALL_ORIGINS = False

# What may be fetched from addresses that people and models give (coday.kernel.guarded): places that are trusted
# although they are not public, as host, host:port or [address]:port; and what may be asked elsewhere.
CODAY_FETCH_ALLOW: list[str] = env.list("CODAY_FETCH_ALLOW", default=[])
CODAY_FETCH_PORTS = [int(port) for port in env.list("CODAY_FETCH_PORTS", default=["80", "443"])]
CODAY_FETCH_SECONDS = env.float("CODAY_FETCH_SECONDS", default=20.0)
CODAY_FETCH_BYTES = env.int("CODAY_FETCH_BYTES", default=10 * 1024 * 1024)

# MCP servers (docs/mcp.md): the commands that stdio servers may be, by name, and no other way to any; how many connections
# a process may have open; seconds until one has to stand.
CODAY_MCP_COMMANDS: dict[str, Any] = env.json("CODAY_MCP_COMMANDS", default={})
CODAY_MCP_CONNECTIONS = env.int("CODAY_MCP_CONNECTIONS", default=100)
CODAY_MCP_CONNECT_SECONDS = env.float("CODAY_MCP_CONNECT_SECONDS", default=5.0)

# Anonymous threads (docs/anonymization.md): what makes the analyzer of personal data, and seconds that a text may take.
CODAY_PII_ENGINE = env.str("CODAY_PII_ENGINE", default="threads.privacy.presidio.analyzer")
CODAY_PII_SECONDS = env.float("CODAY_PII_SECONDS", default=20.0)

# Failed logins that cost no waiting: of one user from one address, and of one address.
CODAY_LOGIN_TRIES = env.int("CODAY_LOGIN_TRIES", default=5)
CODAY_LOGIN_ADDRESS_TRIES = env.int("CODAY_LOGIN_ADDRESS_TRIES", default=50)

# How often one user, and one token, may ask a web process; ten seconds' worth may come at once. And runs to start.
CODAY_USER_REQUESTS_PER_SECOND = env.float("CODAY_USER_REQUESTS_PER_SECOND", default=500.0)
CODAY_TOKEN_REQUESTS_PER_SECOND = env.float("CODAY_TOKEN_REQUESTS_PER_SECOND", default=250.0)
CODAY_RUNS_PER_MINUTE = env.float("CODAY_RUNS_PER_MINUTE", default=3_000.0)

# --- Watching (docs/monitoring.md) --------------------------------------------------------------------------------

CODAY_METRICS_TOKEN = env.str("CODAY_METRICS_TOKEN", default="")  # without one, this machine alone may read them
CODAY_METRICS_HOST = env.str("CODAY_METRICS_HOST", default="127.0.0.1")  # of workers, which have no web server
CODAY_METRICS_PORT = env.int("CODAY_METRICS_PORT", default=0)  # of workers; 0 is off
CODAY_READY_QUEUE_LAG = env.float("CODAY_READY_QUEUE_LAG", default=300.0)  # seconds that a run may wait for nothing
TRACES = env.bool(
    "CODAY_TRACES",
    default=any(env.str(f"OTEL_EXPORTER_OTLP_{name}", default="") for name in ("ENDPOINT", "TRACES_ENDPOINT")),
)
LOG_FORMAT = env.str("LOG_FORMAT", default="line")  # or json
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "coday.kernel.logs.LineFormatter"},
        "json": {"()": "coday.kernel.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        # They log what servers send, and so what people write; what goes wrong is told by runs.tools.mcp.
        "client": {"level": "CRITICAL"},
        "mcp": {"level": "CRITICAL"},
        "opentelemetry": {"level": "ERROR"},  # it warns at each attempt to reach its collector
        "procrastinate": {"level": "WARNING"},
        # While Redis is away it writes a traceback a second; the relay says it in a line.
        "channels_redis.pubsub": {"level": "CRITICAL"},
        "django.channels.server": {"level": "WARNING"},
        # At DEBUG they log what is sent and stored, and so what people write.
        "django.db.backends": {"level": "INFO"},
        "websockets": {"level": "INFO"},
        "uvicorn": {"level": "WARNING"},
    },
}

# --- The rest -----------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
