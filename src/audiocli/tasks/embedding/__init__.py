"""Compute embeddings of sound and search them."""
