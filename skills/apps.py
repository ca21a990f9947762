"""The app."""

from django.apps import AppConfig


class SkillsConfig(AppConfig):
    name = "skills"
    label = "skills"
