"""Compute spectrograms and other time-frequency representations."""
