"""Connectionist temporal classification (Graves et al. 2006): decoding and alignment.

A CTC network computes, for each frame, the probability of each token and of a blank. The
text is the sequence of tokens after merging repeats and removing blanks.
"""
