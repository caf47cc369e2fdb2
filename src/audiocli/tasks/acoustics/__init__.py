"""Measure the acoustics of a recording: pitch, formants, loudness."""
