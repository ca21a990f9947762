"""The settings of the tests: the product's, in an empty data directory, blind to this machine's configuration."""

import atexit
import os
import shutil
import tempfile

_data_dir = tempfile.mkdtemp(prefix="coday-tests-")
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)
os.environ["CODAY_DATA_DIR"] = _data_dir
os.environ["CODAY_LOCAL_MODEL"] = "off"
for _name in (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "CODAY_DEFAULT_MODEL",
    "CODAY_ADMIN_PASSWORD",
    "CODAY_ENCRYPTION_KEYS",
    "SECRET_KEY",
):
    os.environ[_name] = ""  # empty, not absent: an `.env` file fills in what is absent

from coday.settings import *  # noqa: E402, F403

CODAY_SHUTDOWN_SECONDS = 0.0  # runs that never end are common here
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow, as it must be
CODAY_PII_ENGINE = "tests.support.pii.analyzer"  # the real one is slow to load; its own tests load it
