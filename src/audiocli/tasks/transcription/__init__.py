"""Transcribe speech to segments and words with times."""
