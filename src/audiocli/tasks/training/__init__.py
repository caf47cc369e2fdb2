"""Training on labels of one's own: a light head on a frozen encoder, and what it is worth."""
