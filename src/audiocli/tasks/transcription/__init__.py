"""Transcribe speech: windows of speech in, segments with word times out."""
