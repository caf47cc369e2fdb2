"""Encode audio to the tokens of a neural codec, and decode it."""
