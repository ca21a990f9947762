"""Line 3, for the admin: every one of its pages, for everyone who is no admin, and nothing changes."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory

from coday.accounts.models import User
from tests.runs.api.history import History
from tests.runs.conversation import make_cast
from tests.security.doors import ADMIN_DOORMAT, Address, admin_addresses
from tests.security.people import ENDINGS, Credential, by_session, by_token, everything, user_called

TABLES = tuple(f"admin/{model._meta.app_label}/{model._meta.model_name}/" for model in site._registry)
EXPORTS = {"export_csv", "export_json_lines"}
"""Actions that show what the list shows."""
VISITORS = ("nobody", "a stranger", "a demoted admin", "an admin's token", *ENDINGS)


@pytest.fixture
def history(db: None) -> History:
    history = History(make_cast(base_url="http://127.0.0.1:9/v1"))
    history.turn(0)
    history.client()  # makes a token
    return history


def path_of(address: Address) -> str:
    """The page's address, for the first row of the table that it is about."""
    _, app, name = (*address.route.split("/"), "", "")[:3]
    models = {model._meta.label_lower: model for model in apps.get_models()}
    model = models.get(f"{app}.{name}")
    row = model._base_manager.order_by("pk").first() if model else None
    key = str(row.pk if row else UUID(int=1))
    return address.path(
        {"object_id": key, "id": key, "content_type_id": "1", "app_label": "agents", "url": "no-such-page"}
    )


def pages() -> dict[str, str]:
    """Every page behind the admin's door, and its address."""
    return {one.route: path_of(one) for one in admin_addresses() if one.name not in ADMIN_DOORMAT}


def visitor_called(name: str) -> Credential | None:
    """Somebody who is no admin, or not any more, or whose credential is not for pages."""
    if name == "nobody":
        return None
    user = user_called("other")
    if name in ENDINGS or "admin" in name:
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    if name in ENDINGS:
        credential = ENDINGS[name].make(user)
        ENDINGS[name].end(credential)
        return credential
    credential = by_token(user) if "token" in name else by_session(user)
    if "demoted" in name:
        User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=False)
    return credential


@pytest.mark.parametrize("visitor", VISITORS)
def test_who_is_no_admin_is_sent_to_the_login(history: History, visitor: str) -> None:
    credential = visitor_called(visitor)
    client = Client(headers=credential.headers if credential else {})
    before = everything(but_session=credential.key if credential else "")
    for route, path in pages().items():
        for answer in (client.get(path), client.post(path, {"_selected_action": "1", "post": "yes", "_save": "1"})):
            assert answer.status_code == 302, (route, answer.status_code)
            assert answer.headers["Location"].startswith("/admin/login/"), route
    assert everything(but_session=credential.key if credential else "") == before


def test_staff_without_a_permission_sees_no_rows(history: History) -> None:
    """Staff status opens the door, and each table asks for its own permission."""
    user = user_called("clerk", is_staff=True)
    client = Client(headers=by_session(user).headers)
    before = everything()
    tables = {route: path for route, path in pages().items() if route.startswith(TABLES)}
    assert len(tables) > 50
    for route, path in tables.items():
        for answer in (client.get(path, follow=True), client.post(path, {"post": "yes", "_save": "1"}, follow=True)):
            sent_home = [address for address, _ in answer.redirect_chain][-1:] == ["/admin/"]  # there is no such row
            assert sent_home or answer.status_code in (403, 404), (route, answer.status_code)
            assert "ann" not in answer.text.split(), route
    assert everything() == before


def test_who_may_only_look_is_offered_no_action(history: History, rf: RequestFactory) -> None:
    """An action of a list needs the right to change, not just the right to see the list."""
    clerk = user_called("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    request = rf.get("/admin/")
    request.user = clerk
    for model_admin in site._registry.values():
        assert model_admin.has_view_permission(request), model_admin
        assert model_admin.get_actions(request).keys() <= EXPORTS, model_admin


def test_the_doors_are_found() -> None:
    assert len(admin_addresses()) > 60
