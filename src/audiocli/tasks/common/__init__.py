"""Batching, windowing and events that the tasks share."""
