"""Hands events to those who watch: in this process, and through a relay in others."""

from runs.delivery.broker import Delivery, Relay
from runs.delivery.frames import Frame

__all__ = ["Delivery", "Frame", "Relay", "delivery"]

# The one broker of this process: doors watch it, whoever writes publishes to it.
delivery = Delivery()
