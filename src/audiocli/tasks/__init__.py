"""The tasks: windows, batches and stitching around a model; clip in, result out."""
