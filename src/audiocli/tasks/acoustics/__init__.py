"""Measure acoustic features of recordings, such as pitch, formants and loudness."""
