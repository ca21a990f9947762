"""Addresses of agents, below the API's root."""

from __future__ import annotations

from django.urls import path

from agents import api

api_urlpatterns = [
    path("agents/", api.Agents.as_view(), name="agents"),
    path("models/", api.Models.as_view(), name="models"),
    path("chat-settings/", api.OwnChatSettings.as_view(), name="chat-settings"),
    path("chat-settings/effective/", api.EffectiveChatSettings.as_view(), name="effective-chat-settings"),
    path("chat-settings/facts/", api.Facts.as_view(), name="facts"),
    path("chat-settings/facts/<uuid:fact_id>/", api.OneFact.as_view(), name="fact"),
]
