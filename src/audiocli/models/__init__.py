"""The models: one family a file, found and fetched through one registry."""
