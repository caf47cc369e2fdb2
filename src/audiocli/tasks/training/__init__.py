"""Train classification heads and fine-tune encoders on labelled clips."""
