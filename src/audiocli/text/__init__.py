"""Text: reading documents, splitting sentences, normalizing what is read aloud."""
