"""Compute audio embeddings and search them."""
