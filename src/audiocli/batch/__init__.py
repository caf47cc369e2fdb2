"""Batches: finding inputs, and writing each result as soon as it is complete."""
