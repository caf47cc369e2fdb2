"""The audio layer: decode recordings once, to float32 samples."""
