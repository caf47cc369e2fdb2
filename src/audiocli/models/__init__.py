"""Models: families, the registry that resolves names, and the store that downloads files."""
