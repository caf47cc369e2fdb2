"""Compute spectrograms and other pictures of sound."""
