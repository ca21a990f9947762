"""Addresses of usage, below the API's root."""

from __future__ import annotations

from django.urls import path

from usage import api

api_urlpatterns = [path("usage/", api.Usage.as_view(), name="usage")]
