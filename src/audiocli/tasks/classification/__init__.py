"""Classify audio and detect sound events."""
