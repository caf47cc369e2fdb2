"""Score results against references; the metric libraries do the counting."""
