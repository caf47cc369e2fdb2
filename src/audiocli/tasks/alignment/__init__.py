"""Align a known text with a recording."""
