"""Being here puts `tests/` on the import path, so that test modules find helpers such as `toy`."""
