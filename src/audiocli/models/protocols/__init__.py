"""Protocols that loaded models implement, by task."""
