"""The commands, one module each, and their summaries in the list of commands.

A command `NAME` is a module `NAME.py` in this package that defines a function `NAME`, which
takes a context and a request, or a `typer.Typer` called `app` if it has subcommands. It is
imported only when it runs, so the summaries are kept here.
"""

from __future__ import annotations

COMMANDS = {
    "align": "Align a known text with a recording.",
    "bench": "Measure speed and memory of models on this machine.",
    "classify": "Classify sound and detect sound events.",
    "codec": "Encode audio to codec tokens and decode it.",
    "config": "Show the defaults of options and where they come from.",
    "convert": "Convert results to other formats.",
    "diarize": "Identify who spoke when.",
    "embed": "Compute audio embeddings.",
    "eval": "Score models on labelled recordings.",
    "features": "Measure acoustic features: pitch, loudness, timbre.",
    "index": "Build and maintain an index of sounds.",
    "models": "List, download and verify models.",
    "schema": "Print the JSON Schema of results.",
    "search": "Search an index by example, text or voice.",
    "speak": "Synthesize speech from text.",
    "spectrogram": "Compute and plot spectrograms.",
    "train": "Train a classifier on labelled clips.",
    "transcribe": "Transcribe speech to text.",
    "verify": "Compare the speakers of two recordings.",
    "voices": "Enroll and manage the voices of known speakers.",
    "watch": "Process recordings as they arrive in a folder.",
}
