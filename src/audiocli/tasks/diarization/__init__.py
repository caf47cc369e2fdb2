"""Identify who spoke when.

`segmentation` finds and embeds speech of single speakers in one pass over the audio,
`clustering` groups the embeddings into speakers, `labelling` assigns speakers to frames,
and `turns` converts frames to speaker turns.
"""
