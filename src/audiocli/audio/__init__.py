"""The audio layer: anything with sound in it to float32 samples, decoded once."""
