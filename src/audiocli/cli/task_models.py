"""Tasks with a model and default options, for `audiocli eval` and `audiocli bench`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiocli.cli.commands.align import AlignmentRequest
from audiocli.cli.commands.classify import ClassificationRequest
from audiocli.cli.commands.diarize import DiarizationRequest
from audiocli.cli.commands.embed import EmbeddingRequest
from audiocli.cli.commands.transcribe import TranscriptionRequest
from audiocli.cli.provenance import Dependencies, ModelChoices
from audiocli.results import (
    Alignment,
    Classification,
    Diarization,
    Embedding,
    ModelInfo,
    Result,
    Transcript,
)
from audiocli.tasks.evaluation.reference import EvaluationTaskName

if TYPE_CHECKING:
    from pathlib import Path

    from audiocli.audio.selection import Selection
    from audiocli.cli.batch import Run
    from audiocli.loading import Loader
    from audiocli.tasks.alignment.scripts import AlignmentScript
    from audiocli.tasks.evaluation.normalizers import NormalizerName
    from audiocli.tasks.evaluation.report import Scorer

KINDS: Mapping[EvaluationTaskName, type[Result] | None] = {
    "transcribe": Transcript,
    "align": Alignment,
    "diarize": Diarization,
    "classify": Classification,
    "language": Classification,
    "embed": Embedding,
    "enhance": None,  # audio
}
_ALL_LABELS = 100_000


@dataclass(frozen=True, kw_only=True)
class TaskModel:
    """A task with one model and the default options of its command.

    Attributes
    ----------
    language : code of the spoken language; None detects it
    diarize : whether transcripts have speakers
    script_of : returns the text of an input to align
    """

    task: EvaluationTaskName
    model: str | None
    language: str | None = None
    diarize: bool = False
    script_of: Callable[[Any], AlignmentScript] | None = None

    @property
    def selection(self) -> Selection:
        """The whole recording, as in the command without options."""
        from audiocli.audio.selection import Selection

        return Selection()

    def open(self, loader: Loader) -> tuple[Run, ModelInfo]:
        """Load the model."""
        match self.task:
            case "transcribe":
                return self._transcribe(loader)
            case "align":
                return self._align(loader)
            case "diarize":
                from audiocli.models.protocols.speakers import SpeakerCount

                diarizer = loader.diarizer(self.model, SpeakerCount())
                return diarizer.run, diarizer.model
            case "embed":
                from audiocli.tasks.embedding.options import EmbeddingOptions

                encoder = loader.encoder(self.model, EmbeddingOptions())
                return encoder.run, encoder.model
            case _:
                return self._classify(loader)

    def _transcribe(self, loader: Loader) -> tuple[Run, ModelInfo]:
        from audiocli.models.protocols.speakers import SpeakerCount
        from audiocli.tasks.transcription.options import TranscriptionOptions
        from audiocli.tasks.transcription.speaker_transcripts import SpeakerTranscriber

        options = TranscriptionOptions(language=self.language, word_timestamps=self.diarize)
        transcriber = loader.transcriber(self.model, options)
        if not self.diarize:
            return transcriber.run, transcriber.model
        diarizer = loader.auxiliary.diarizer(None, SpeakerCount())
        run = SpeakerTranscriber(transcriber, diarizer, keep_words=True).run
        return run, transcriber.model

    def _align(self, loader: Loader) -> tuple[Run, ModelInfo]:
        from audiocli.tasks.transcription.options import TranscriptionOptions

        assert self.script_of
        options = TranscriptionOptions(language=self.language, word_timestamps=True)
        aligner = loader.aligner(self.model, options, self.script_of)
        return aligner.run, aligner.transcriber.model

    def _classify(self, loader: Loader) -> tuple[Run, ModelInfo]:
        from audiocli.tasks.classification.options import ClassificationOptions

        loaded = loader.classifier(self.model, "language" if self.task == "language" else "events")
        classifier = loaded.with_options(ClassificationOptions(top_k=_ALL_LABELS))
        return classifier.run, classifier.model

    def dependencies(self, manifest: Path) -> tuple[Any, Dependencies]:
        """Return what results depend on: the request and the models of the task's command."""
        match self.task:
            case "transcribe":
                model: ModelChoices = {"model": (self.model, "transcribe")}
                if self.diarize:
                    model["diarize_model"] = (None, "diarize")
                request: Any = TranscriptionRequest(
                    language=self.language, diarize=self.diarize, word_timestamps=self.diarize
                )
            case "align":
                model = {"model": (self.model, "transcribe")}
                request = AlignmentRequest(language=self.language)
            case "diarize":
                model = {"model": (self.model, "diarize")}
                request = DiarizationRequest()
            case "embed":
                model = {"model": (self.model, "embed")}
                request = EmbeddingRequest()
            case _:
                is_language = self.task == "language"
                name = self.model or ("whisper-base" if is_language else "yamnet")
                model = {"model": (name, None if is_language else "classify")}
                request = ClassificationRequest(
                    top_k=_ALL_LABELS, task="language" if is_language else "events"
                )
        command = "classify" if self.task == "language" else self.task
        more_files = (manifest,) if self.task == "align" else ()  # the texts are in it
        return request, Dependencies(command=command, models=model, more_files=more_files)


def open_scorer(
    task: EvaluationTaskName,
    *,
    normalizer: NormalizerName,
    language: str | None,
    collar: float,
    skip_overlap: bool,
    label_map: Mapping[str, Sequence[str]],
) -> Scorer:
    """Return the scorer of a task."""
    match task:
        case "transcribe":
            from audiocli.tasks.evaluation.word_errors import TranscriptScorer

            return TranscriptScorer(normalizer, language)
        case "diarize":
            from audiocli.tasks.evaluation.speaker_errors import DiarizationScorer

            return DiarizationScorer(collar, skip_overlap)
        case "align":
            from audiocli.tasks.evaluation.boundary_errors import BoundaryScorer

            return BoundaryScorer()
        case "embed":
            from audiocli.tasks.evaluation.retrieval import RetrievalScorer

            return RetrievalScorer()
        case "enhance":
            from audiocli.tasks.evaluation.audio_quality import QualityScorer

            return QualityScorer()
        case _:
            from audiocli.tasks.evaluation.label_scores import LabelScorer

            return LabelScorer(label_map)
