"""The user and their API tokens, logins that failed, and the audit log."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from coday.kernel.ids import new_id
from coday.kernel.models import BaseModel


class User(AbstractUser):
    """A person or a program that logs in by ``username``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)


class ApiToken(BaseModel):
    """A bearer token. Only its SHA-256 is stored: the token itself is shown once, when it is made."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True)
    prefix = models.CharField(max_length=12, editable=False, help_text="The first characters, to recognise it by.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    clear: str  # the token itself, on the instance that the admin has just made, for the one page that shows it

    class Meta:
        verbose_name = "API token"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name or 'token'} ({self.prefix}…)"


class LoginFailures(models.Model):
    """How often somebody could not log in lately. ``key`` is a keyed hash of who it was and from where."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "login failures"

    def __str__(self) -> str:
        return f"{self.count} until {self.last_at:%Y-%m-%d %H:%M}"


class AuditRecord(BaseModel):
    """What somebody did to the installation. Ids and labels, no foreign keys: it outlives whom and what it names.

    ``fields`` are the names of what was changed, never its values; ``details`` are facts such as a count.
    """

    class Action(models.TextChoices):
        ADDED = "added", "added"
        CHANGED = "changed", "changed"
        DELETED = "deleted", "deleted"
        ACTED = "acted", "carried out an action"
        LOGGED_IN = "logged_in", "logged in"
        LOGGED_OUT = "logged_out", "logged out"
        LOGIN_FAILED = "login_failed", "could not log in"
        TOKEN_MADE = "token_made", "made a token"
        TOKEN_REVOKED = "token_revoked", "revoked a token"
        KEYS_ROTATED = "keys_rotated", "rotated the encryption keys"
        BACKUP_MADE = "backup_made", "made a backup"
        RESTORED = "restored", "restored a backup"
        CONTENT_READ = "content_read", "read what was said"
        MASKS_REVEALED = "masks_revealed", "saw what is behind masks"

    action = models.CharField(max_length=20, choices=Action, db_index=True)
    actor_id = models.UUIDField(null=True, blank=True, db_index=True)
    actor = models.CharField(max_length=150)
    address = models.CharField(max_length=60, blank=True)
    object_type = models.CharField(max_length=100, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_label = models.CharField(max_length=200, blank=True)
    fields = models.JSONField(default=list, blank=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.actor} {self.get_action_display()}"
