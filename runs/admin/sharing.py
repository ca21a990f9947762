"""Admin of what people share: with whom, until when, how often it was opened; and its end. Its content is not shown here."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from coday.accounts.audit import actor_of
from coday.edge.admin import HistoryAdmin
from runs.exchange import sharing
from runs.exchange.shown import state_of
from runs.models import Share


class HasLink(admin.SimpleListFilter):
    """Whether there is a link to it."""

    title = "link"
    parameter_name = "link"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Yes or no."""
        return [("yes", "With a link"), ("no", "Without")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Share]) -> QuerySet[Share]:
        """Those that are so."""
        match self.value():
            case "yes":
                return queryset.exclude(token_digest="")
            case "no":
                return queryset.filter(token_digest="")
        return queryset


@admin.register(Share)
class ShareAdmin(HistoryAdmin):
    """What people share. It is made and changed where they chat, and can be ended here."""

    list_display = (
        "created_at",
        "owner",
        "state",
        "link",
        "people_count",
        "group_count",
        "reveals",
        "expires_at",
        "views",
    )
    list_display_links = ("created_at",)
    list_filter = (HasLink, "reveals", "created_at")
    search_fields = ("=id", "=thread__id", "owner__username", "people__username", "groups__name")
    fields = (
        "owner", "thread_id", "run_id", "state", "link", "readers", "reveals", "shows_name", "taken_at", "expires_at",
        "revoked_at", "views", "viewed_at",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("revoke_chosen",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Share]:
        """Without what they show, and what that is called."""
        shares = Share.objects.defer("document", "title").select_related("owner").prefetch_related("people", "groups")
        return shares.annotate(
            people_counted=Count("people", distinct=True), groups_counted=Count("groups", distinct=True)
        )

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who may delete shares may end them."""
        return bool(request.user.has_perm("runs.delete_share"))

    @admin.action(description="Revoke the chosen shares", permissions=["revoke"])
    def revoke_chosen(self, request: HttpRequest, shares: QuerySet[Share]) -> None:
        """Nobody can see them any more, and nothing of what they showed is kept."""
        ids = list(shares.filter(revoked_at=None).values_list("pk", flat=True))
        for share_id in ids:
            sharing.revoke(by=actor_of(request), share_id=share_id)
        self.message_user(request, f"Shares revoked: {len(ids)}.", messages.SUCCESS)

    @display(description="State")
    def state(self, share: Share) -> str:
        """How it stands."""
        return state_of(share)

    @display(description="Link", boolean=True)
    def link(self, share: Share) -> bool:
        """Whether there is one."""
        return bool(share.token_digest)

    @display(description="People", ordering="people_counted")
    def people_count(self, share: Model) -> int:
        """How many are named."""
        return int(getattr(share, "people_counted", 0))

    @display(description="Groups", ordering="groups_counted")
    def group_count(self, share: Model) -> int:
        """How many are named."""
        return int(getattr(share, "groups_counted", 0))

    @display(description="Readers")
    def readers(self, share: Share) -> str:
        """Who is named."""
        return ", ".join([*(one.username for one in share.people.all()), *(one.name for one in share.groups.all())])
