"""Batching, windowing and events shared by the tasks."""
