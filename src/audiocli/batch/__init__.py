"""Many inputs: finding them, and writing each result the moment it is whole."""
