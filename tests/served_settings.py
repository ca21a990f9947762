"""The settings of the servers and workers that tests start: the product's, with a quick hash of passwords."""

from coday.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
