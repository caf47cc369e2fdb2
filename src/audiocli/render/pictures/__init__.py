"""Pictures of sound: laid out once as shapes, then painted by each format in its own way."""
