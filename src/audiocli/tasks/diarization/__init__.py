"""Who spoke when: from recordings to turns.

`listening` goes through the sound once, `clustering` finds the speakers among the
voices it heard, `labelling` decides who speaks in each frame, and `turns` makes
turns of the frames.
"""
