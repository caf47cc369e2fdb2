"""Pictures of results, laid out as shapes that each format draws in its own way."""
