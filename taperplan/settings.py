"""Settings, from environment variables alone (docs/configuration.md). A wrong value stops the start and says why.

Without any variable, the commands that need no database work (drawing, computing a taper). Serving without proper keys
is refused: see `taperplan.serving`.
"""

from __future__ import annotations

import secrets
import ssl
import zoneinfo
from pathlib import Path
from urllib.parse import urlsplit

from plans.domain.patient_file.signature import PartnerKey
from plans.web.addresses import LARGEST_BODY, LARGEST_FILE
from taperplan import database, env, logs, mail_events, sso, storage

# Time zones come from the pinned tzdata wheel: the machine's own copy may be years old.
zoneinfo.reset_tzpath(())

BASE_DIR = Path(__file__).resolve().parent.parent
# An installed package writes nothing next to itself: its data is where it was started.
_HOME = BASE_DIR if (BASE_DIR / "manage.py").is_file() else Path.cwd()
VAR_DIR = Path(env.text("VAR_DIR", str(_HOME / "var")))

TAPERPLAN_DEMO = env.flag("TAPERPLAN_DEMO")
DEBUG = False

# --- keys -----------------------------------------------------------------------------------------------------------
# A random key for this process is enough for commands; `taperplan.serving` refuses to serve with it.
SECRET_KEY_GIVEN = bool(env.text("SECRET_KEY"))
SECRET_KEY = env.text("SECRET_KEY") or secrets.token_urlsafe(48)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
LINK_KEY_GIVEN = bool(env.text("LINK_KEY"))
# Shared with other installations, to sign patients' files and to check theirs: name=key, with commas.
PARTNER_KEYS = [PartnerKey(name, key.encode()) for name, key in env.keys("PARTNER_KEYS")]
# The HMAC key of patient links. It is not SECRET_KEY: changing that one must not break the links already sent.
LINK_KEY = (env.text("LINK_KEY") or secrets.token_urlsafe(48)).encode()

# --- where we are ---------------------------------------------------------------------------------------------------
SITE_URL = env.url("SITE_URL", "http://localhost:8000", schemes=("https", "http"))
SITE_IS_HTTPS = urlsplit(SITE_URL).scheme == "https"
ALLOWED_HOSTS = list(dict.fromkeys([urlsplit(SITE_URL).hostname or "localhost", *env.hosts("ALLOWED_HOSTS")]))
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# How many proxies of ours stand in front; only then are their headers believed.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, least=0, most=5)

ROOT_URLCONF = "taperplan.urls"
WSGI_APPLICATION = "taperplan.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "plans.apps.PlansConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]

MIDDLEWARE = [
    "plans.web.middleware.ClinicWall",
    "plans.web.middleware.AccessLog",
    "plans.web.middleware.PrivateHeaders",
    "plans.web.middleware.OnlyOverTls",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "plans.web.middleware.BodyLimit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "plans.web.middleware.SessionLimits",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

# At the top of the repository; an installed package contains them (`force-include` in pyproject.toml).
_PACKAGED = BASE_DIR / "taperplan" / "templates"
TEMPLATES_DIR = _PACKAGED if _PACKAGED.is_dir() else BASE_DIR / "templates"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [TEMPLATES_DIR],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- database -------------------------------------------------------------------------------------------------------
DATABASE_URL = env.url(
    "DATABASE_URL", "postgresql://taperplan@127.0.0.1:5432/taperplan", schemes=("postgresql", "postgres")
)
DATABASE_POOL = env.number("DATABASE_POOL", 0, least=0, most=100)

DATABASES = {
    "default": database.connection(DATABASE_URL, pool=DATABASE_POOL, password=env.text("DATABASE_PASSWORD"))
}
# The role that owns the tables, for `prepare_database` alone: everything else runs as one that cannot change them.
OWNER_DATABASE = (
    database.connection(
        env.url("OWNER_DATABASE_URL", "", schemes=("postgresql", "postgres")),
        pool=0,
        password=env.text("OWNER_DATABASE_PASSWORD"),
    )
    if env.text("OWNER_DATABASE_URL")
    else None
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# In the database, so that signing in works without Redis. The default of 300 entries would evict others' rows.
_CACHE = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_entries"}
CACHES = {"default": {**_CACHE, "OPTIONS": {"MAX_ENTRIES": 100_000}}}

# --- people and sessions --------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "plans.User"
# W004: the address is unique by a constraint on lower(email) that this check does not see. W005, W021: subdomains and
# the browsers' preload list are for whoever owns the domain to decide (HSTS_SUBDOMAINS).
SILENCED_SYSTEM_CHECKS = ["auth.W004", "security.W005", "security.W021"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "plans.services.passwords.GuessableValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "plans.web.account.adapter.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
# Clinics make accounts for addresses they know; there is no sign-up whose address must be verified.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(SITE_URL).scheme
# Their limits: plans.services.sign_ins, account_messages. A cache that is full would forget allauth's own.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": None,
    "reset_password": None,
    "reauthenticate": None,
    "change_password": None,
}
# The second step: plans.web.account.second_step. Passkeys also sign in alone.
MFA_ADAPTER = "plans.web.account.second_step.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# A clock that is half a minute off, and a code typed slowly.
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Taperplan"
MFA_RATE_LIMITS = {"webauthn_login": None}
MFA_FORMS = {
    "authenticate": "plans.web.account.second_step.SecondStepForm",
    "reauthenticate": "plans.web.account.second_step.ProofForm",
    "activate_totp": "plans.web.account.second_step.FirstStepForm",
    "add_webauthn": "plans.web.account.second_step.PasskeyForm",
}
# Signing in through a clinic's own system: plans.web.account.sso.
SSO_PROVIDERS, _SSO_APPS = sso.read(env.text("SSO_FILE"))
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": _SSO_APPS, "OAUTH_PKCE_ENABLED": True}}
SOCIALACCOUNT_ADAPTER = "plans.web.account.sso.SsoAdapter"
# A form that leads to another site is refused by our content policy; the state is checked when it comes back.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
# Team, rota, exports and keys: done only by somebody who signed in, or showed who they are, within this time.
CONFIRMED_FOR_SECONDS = ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

SESSION_ENGINE = "plans.services.session_store"
SESSION_IDLE_SECONDS = 15 * 60
SESSION_ABSOLUTE_SECONDS = 12 * 60 * 60
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SITE_IS_HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if SITE_IS_HTTPS else "sessionid"
CSRF_FAILURE_VIEW = "plans.web.csrf.refused"
CSRF_COOKIE_SECURE = SITE_IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrftoken" if SITE_IS_HTTPS else "csrftoken"
LANGUAGE_COOKIE_SECURE = SITE_IS_HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- headers --------------------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = SITE_IS_HTTPS
# Health checks come from inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if SITE_IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "report-uri": ["/csp"],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = LARGEST_BODY
# A file that is uploaded names patients: it is kept in memory, never in a file of its own.
FILE_UPLOAD_MAX_MEMORY_SIZE = LARGEST_FILE
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 2

# --- languages and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "plans" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- files ----------------------------------------------------------------------------------------------------------
DOCUMENTS_DIR = Path(env.text("DOCUMENTS_DIR", str(VAR_DIR / "documents")))
STATIC_URL = "/static/"
# Tests serve static files from the source: the manifest would need `collectstatic` before each run.
STATIC_PLAIN = env.flag("STATIC_PLAIN")
STATIC_ROOT = None if STATIC_PLAIN else Path(env.text("STATIC_ROOT", str(_HOME / "staticfiles")))
WHITENOISE_USE_FINDERS = STATIC_PLAIN
STORAGES = {
    "default": storage.documents(DOCUMENTS_DIR),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if STATIC_PLAIN
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

# --- mail -----------------------------------------------------------------------------------------------------------
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "127.0.0.1")
EMAIL_PORT = env.number("EMAIL_PORT", 25, least=1, most=65_535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
# Django's default is to wait for ever.
EMAIL_TIMEOUT = env.number("EMAIL_TIMEOUT", 30, least=1, most=600)
MAIL_FROM = env.text("MAIL_FROM", f"Clinic <no-reply@{urlsplit(SITE_URL).hostname or 'localhost'}>")
# A file in plans/channels/email/transports.
MAIL_TRANSPORT = env.text("MAIL_TRANSPORT", "smtp")
if MAIL_TRANSPORT not in (
    _ways := sorted(way.stem for way in BASE_DIR.glob("plans/channels/email/transports/[a-z]*.py"))
):
    raise env.WrongSetting(
        "MAIL_TRANSPORT", "is no way of sending that we know", f"Write one of: {', '.join(_ways)}."
    )
# A worker's connections to the mail server when much is due; with a rate limit there is one.
MAIL_CONNECTIONS = env.number("MAIL_CONNECTIONS", 8, least=1, most=50)
# The provider's limit of messages per second, over all workers and machines; 0: none. Alerts never wait for it.
MAIL_PER_SECOND = env.number("MAIL_PER_SECOND", 0, least=0, most=10_000)
# The right-hand side of our Message-IDs, which stay the same when a message is sent again.
MAIL_DOMAIN = env.text("MAIL_DOMAIN", urlsplit(SITE_URL).hostname or "localhost")
DEFAULT_FROM_EMAIL = MAIL_FROM
# The bounce mailbox, read by IMAP: imaps://user@host/INBOX. Whoever writes messages needs to know that there is one;
# only the process that reads it needs the password.
BOUNCE_MAILBOX = (
    env.with_password(
        env.url("BOUNCE_MAILBOX", "", schemes=("imaps", "imap")), env.text("BOUNCE_MAILBOX_PASSWORD")
    )
    if env.text("BOUNCE_MAILBOX")
    else ""
)
SERVER_EMAIL = MAIL_FROM
# A provider that reports bounces by webhook, at /mail/events.
MAIL_WEBHOOK = mail_events.provider()
ANYMAIL = mail_events.anymail(MAIL_WEBHOOK)

# --- reaching staff -------------------------------------------------------------------------------------------------
# Push: which kinds of Apprise addresses, and which hosts they may name.
PUSH_SCHEMES = [one.lower() for one in env.words("PUSH_SCHEMES", ("ntfys", "pover")) if one != "none"]
PUSH_HOSTS = [one.lower() for one in env.words("PUSH_HOSTS", ("ntfy.sh",))]
# The longest that one message may take, so that a silent service holds nobody else's.
PUSH_TIMEOUT = env.number("PUSH_TIMEOUT", 10, least=1, most=30)
# Text messages: a file in plans/channels/sms; without one there are none.
TEXT_PROVIDER = env.text("TEXT_PROVIDER")
if TEXT_PROVIDER and TEXT_PROVIDER not in (
    _providers := sorted(one.stem for one in BASE_DIR.glob("plans/channels/sms/[a-z]*.py"))
):
    raise env.WrongSetting(
        "TEXT_PROVIDER", "is no provider that we know", f"Write one of: {', '.join(_providers)}."
    )
TEXT_URL = env.url("TEXT_URL", "", schemes=("https", "http")) if env.text("TEXT_URL") else ""
if TEXT_PROVIDER == "http" and not TEXT_URL:
    raise env.WrongSetting("TEXT_URL", "is missing", "TEXT_PROVIDER=http needs the provider's address.")
TEXT_AUTHORIZATION = env.text("TEXT_AUTHORIZATION")
TEXT_SIGNING_KEY = env.text("TEXT_SIGNING_KEY")
TEXT_FROM = env.text("TEXT_FROM")
TEXT_FORMAT = env.choice("TEXT_FORMAT", "json", ("json", "form"))
TEXT_FIELDS = env.pairs("TEXT_FIELDS", "to=to,text=text,from=from,id=id")
TEXT_TIMEOUT = env.number("TEXT_TIMEOUT", 10, least=1, most=30)
# Replies and delivery reports of the provider, at /text/events; without it the address does not exist.
TEXT_EVENTS_SECRET = env.key("TEXT_EVENTS_SECRET")

# --- work -----------------------------------------------------------------------------------------------------------
# The lease of a claim; longer than any task may run (CELERY_TASK_TIME_LIMIT).
LEASE_SECONDS = env.number("LEASE_SECONDS", 300, least=1, most=86_400)

# A monitor with this secret is told which part is at fault (`/heartbeat`, `/readyz`); others only whether all is well.
MONITOR_SECRET = env.key("MONITOR_SECRET")
# Whom to tell about a weakness, for /.well-known/security.txt.
SECURITY_CONTACT = (
    env.url("SECURITY_CONTACT", "", schemes=("mailto", "https")) if env.text("SECURITY_CONTACT") else ""
)

# Hosts of the operator's own network that may keep a rota's calendar; all others must be public and have HTTPS.
ROTA_FEED_HOSTS = env.hosts("ROTA_FEED_HOSTS")

# Requested once a minute while work is being done; the monitor calls somebody when that stops.
PING_URL = env.url("PING_URL", "", schemes=("https", "http")) if env.text("PING_URL") else ""

# Where the heads of the audit trail's chain are kept outside of the database: a file, and an address that gets a POST.
# A folder for downtime lists, one file a clinic; empty: they are kept in the database alone.
DOWNTIME_DIR = env.text("DOWNTIME_DIR", "")
AUDIT_HEADS_FILE = Path(env.text("AUDIT_HEADS_FILE", str(VAR_DIR / "audit-heads.jsonl")))
AUDIT_HEADS_URL = (
    env.url("AUDIT_HEADS_URL", "", schemes=("https", "http")) if env.text("AUDIT_HEADS_URL") else ""
)

REDIS_URL = env.url(
    "REDIS_URL",
    "redis://127.0.0.1:6379/0",
    schemes=("redis", "rediss", "redis+socket", "rediss+socket", "unix"),
)
if REDIS_URL.startswith("unix://"):
    REDIS_URL = "redis+socket://" + REDIS_URL.removeprefix("unix://")
REDIS_URL = env.with_password(REDIS_URL, env.text("REDIS_PASSWORD"))
# Who vouches for a Redis with TLS; none: the authorities of the machine.
REDIS_CA = env.text("REDIS_CA")
# The same address in the spelling of redis-py, which checks certificates by itself.
REDIS_CLIENT_URL = REDIS_URL.replace("redis+socket://", "unix://")
if REDIS_CLIENT_URL.startswith("rediss://") and REDIS_CA:
    REDIS_CLIENT_URL += f"?ssl_ca_certs={REDIS_CA}"

CELERY_BROKER_URL = REDIS_URL
if REDIS_URL.startswith("rediss://"):
    # Kombu checks no certificate unless told to.
    CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED} | (
        {"ssl_ca_certs": REDIS_CA} if REDIS_CA else {}
    )
# The database keeps what happened. A result backend in Redis can also stop beat in silence (celery issue 9622).
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# A frozen Redis must not delay a page: one try, two seconds. The tick finds entries without a notification.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": env.number("REDIS_TIMEOUT", 5, least=1, most=60),
    "socket_connect_timeout": env.number("REDIS_TIMEOUT", 5, least=1, most=60),
    "health_check_interval": 10,
    "visibility_timeout": 600,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Without the second connection that remote control keeps, a worker was slow to find a broker that had been killed
# (tests/faults/test_broker.py). Only the workers' user of Redis can reach it: deploy/redis/users.acl.in.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "tick"
# Alerts to clinicians never wait behind reminders: they have their own queue, worker and connection.
CELERY_TASK_ROUTES = {
    "plans.jobs.documents.*": {"queue": "documents"},
    "plans.jobs.messages.*": {"queue": "messages"},
    "plans.jobs.alerts.*": {"queue": "alerts"},
    "plans.jobs.*": {"queue": "tick"},
}
CELERY_BEAT_SCHEDULER = "taperplan.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

# The images that this installation runs, from docker-compose.yml: each by its digest, or serving is refused.
IMAGES = env.words("IMAGES")

LOGGING = logs.CONFIG
