"""Synthesise speech from text."""
