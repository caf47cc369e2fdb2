"""The model families: one module or package each, which defines `FAMILY`."""
