"""Connectionist temporal classification (Graves et al. 2006): what every such model shares.

A network gives each frame of sound a probability for every token and for a blank. The
text is what remains when repeats are joined and blanks dropped; the frames say when.
"""
