"""What each task requires of a loaded model; one protocol a task."""
