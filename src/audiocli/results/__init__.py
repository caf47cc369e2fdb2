"""Results of tasks: frozen dataclasses without I/O or heavy imports.

Times are seconds from the start of the source, as floats; `schema.to_dict` rounds them to
milliseconds. `speaker` and `language` are always present, and None if unknown. The JSON
form, the JSON Schema and the parser are derived from these classes, so that a new class
needs no other code.
"""

from __future__ import annotations

from audiocli.results.alignment import Alignment
from audiocli.results.base import MAX_SECONDS, Array, ModelInfo, Probability, Result, Seconds, kinds
from audiocli.results.benchmark import BenchmarkReport, ModelBenchmark
from audiocli.results.classification import Classification, Label, LabelledWindow, SoundEvent
from audiocli.results.egemaps import Egemaps
from audiocli.results.embedding import Embedding
from audiocli.results.emissions import Emissions, Frame
from audiocli.results.evaluation import (
    ComputeCost,
    EvaluationReport,
    GroupScores,
    MetricScore,
    RecordingScores,
    SystemScores,
)
from audiocli.results.features import Features
from audiocli.results.search import Duplicate, Duplicates, Hit, Search
from audiocli.results.speakers import Conversation, Diarization, SpeakerShare, Verification
from audiocli.results.spectrogram import Comparison, Curve, Patches, Span, Spectrogram
from audiocli.results.training import Evaluation, LabelScore, Training
from audiocli.results.transcript import (
    Moment,
    Segment,
    Speech,
    SpeechSpan,
    Transcript,
    Turn,
    Word,
)

__all__ = [
    "MAX_SECONDS",
    "Alignment",
    "Array",
    "BenchmarkReport",
    "Classification",
    "Comparison",
    "ComputeCost",
    "Conversation",
    "Curve",
    "Diarization",
    "Duplicate",
    "Duplicates",
    "Egemaps",
    "Embedding",
    "Emissions",
    "Evaluation",
    "EvaluationReport",
    "Features",
    "Frame",
    "GroupScores",
    "Hit",
    "Label",
    "LabelScore",
    "LabelledWindow",
    "MetricScore",
    "ModelBenchmark",
    "ModelInfo",
    "Moment",
    "Patches",
    "Probability",
    "RecordingScores",
    "Result",
    "Search",
    "Seconds",
    "Segment",
    "SoundEvent",
    "Span",
    "SpeakerShare",
    "Spectrogram",
    "Speech",
    "SpeechSpan",
    "SystemScores",
    "Training",
    "Transcript",
    "Turn",
    "Verification",
    "Word",
    "kinds",
]
