"""Classify sound and detect sound events."""
