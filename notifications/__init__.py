"""Notifications: what a school is shown, when, by which alert, and the proof that it was told."""
