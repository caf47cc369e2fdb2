"""Tasks: windowing, batching and merging around models; recordings in, results out."""
