"""Open what each task needs: its models, the voice detector, the model store.

This is the composition root: the commands and the Python API both build their tasks
here, and nothing else does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from audiocli.context import cache_dir, is_offline
from audiocli.errors import UsageError
from audiocli.models import registry

if TYPE_CHECKING:
    from audiocli.models.base import DeviceOptions, Task
    from audiocli.models.protocols.speakers import SpeakerCount, SpeakerModel
    from audiocli.models.store.model_store import Store
    from audiocli.tasks.alignment.aligner import ScriptAligner
    from audiocli.tasks.alignment.scripts import AlignmentScript
    from audiocli.tasks.classification.label_tasks import ClassificationTaskName
    from audiocli.tasks.classification.models import LoadedClassifier
    from audiocli.tasks.diarization.diarizer import Diarizer
    from audiocli.tasks.diarization.naming import VoiceVector
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.embedding.options import EmbeddingOptions
    from audiocli.tasks.synthesis.text_to_speech import SynthesisRequestOptions, TextToSpeech
    from audiocli.tasks.transcription.options import TranscriptionOptions
    from audiocli.tasks.transcription.transcriber import Transcriber


def default_store() -> Store:
    """Return the model store of the command line, whose folder the environment may set."""
    from audiocli.models.store.model_store import Store

    return Store(cache_dir(os.environ), is_offline(os.environ))


@dataclass(frozen=True)
class Loader:
    """Opens tasks on one device, with the models of one store.

    Every method raises `ModelUnavailable` for a model that is unknown, not available or
    corrupt, and `UsageError` for an option that the model does not support. A model of
    None is the default of the task.
    """

    device_options: DeviceOptions
    store: Store

    @property
    def auxiliary(self) -> Loader:
        """Loader for models beside the main one: an option applies only where it is supported."""
        return replace(self, device_options=replace(self.device_options, strict=False))

    def model(self, name: str | None, task: Task) -> registry.LoadedModel:
        """Load a single model."""
        return registry.load(name, task, self.device_options, self.store)

    def transcriber(self, model: str | None, options: TranscriptionOptions) -> Transcriber:
        """Load a recogniser and the voice activity detector."""
        from audiocli.tasks.transcription.coverage import CoverageRecogniser
        from audiocli.tasks.transcription.realign import RealigningRecogniser
        from audiocli.tasks.transcription.transcriber import Transcriber

        recogniser, info = self.model(model, "transcribe")
        requested = options.decoding.requested_options
        if beyond := [
            option for name, option in requested.items() if name not in recogniser.supported_options
        ]:
            raise UsageError(f"{info.name} does not support {beyond[0]}")
        known = recogniser.languages
        asked = [options.code] if options.code else options.candidates
        if unknown := [code for code in asked if known and code not in known]:
            raise UsageError(
                f"{info.name} does not support the language {unknown[0]!r}",
                f"one of: {', '.join(sorted(known))}",
            )
        if options.align_model:
            aligner = self.auxiliary.model(options.align_model, "transcribe").model
            if not hasattr(aligner, "emissions"):
                raise UsageError(f"{options.align_model} has no CTC head to align with")
            recogniser = RealigningRecogniser(recogniser, aligner)
        return Transcriber(
            recogniser=CoverageRecogniser(recogniser=recogniser),
            vad=self.model(None, "vad").model,
            model=info,
            options=options,
        )

    def aligner(
        self,
        model: str | None,
        options: TranscriptionOptions,
        script_of: Callable[[Any], AlignmentScript],
        phonemes: str | None = None,
    ) -> ScriptAligner:
        """Load a recogniser that aligns text, and optionally a model that recognises phonemes."""
        from audiocli.tasks.alignment.aligner import ScriptAligner
        from audiocli.tasks.alignment.phonemes import check_phonemes

        phoneme_model = self.auxiliary.model(phonemes, "transcribe") if phonemes else None
        transcriber = self.transcriber(model, options)
        if not hasattr(transcriber.recogniser, "align"):
            raise UsageError(
                f"{transcriber.model.name} does not align a text with speech",
                "choose a Whisper or a CTC model",
            )
        if phoneme_model:
            check_phonemes(*phoneme_model, transcriber.recogniser.rate)
        return ScriptAligner(
            transcriber=transcriber,
            script_of=script_of,
            phonemes=phoneme_model.model if phoneme_model else None,
            parameters={"language": options.language, "phonemes": phonemes},
        )

    def speaker_model(self) -> SpeakerModel:
        """Load the segmentation and the voice embedding of the default diarizer."""
        speakers: SpeakerModel = self.model(None, "diarize").model
        return speakers

    def diarizer(
        self,
        model: str | None,
        count: SpeakerCount,
        *,
        threshold: float | None = None,
        by_channel: bool = False,
        voices: Callable[[str], Mapping[str, VoiceVector]] | None = None,
        link_speakers: bool = False,
    ) -> Diarizer:
        """Load a diarization model.

        Parameters
        ----------
        threshold : maximum cosine distance between voices of one speaker
        by_channel : whether each channel holds one speaker
        voices : returns the vectors of known voices by name, given the name of an embedder
        link_speakers : whether a speaker has the same label in all recordings
        """
        from audiocli.models.protocols.speakers import SpeakerModel
        from audiocli.tasks.diarization.channels import ChannelEngine
        from audiocli.tasks.diarization.diarizer import Diarizer
        from audiocli.tasks.diarization.engines import THRESHOLD, DiarizationOptions, engine_for
        from audiocli.tasks.diarization.naming import VoiceMatcher

        loaded, info = self.model(model, "diarize")
        if threshold is not None and not isinstance(loaded, SpeakerModel):
            raise UsageError(f"--clustering-threshold does not apply to {info.name}")
        matches_voices = voices is not None or link_speakers
        own = loaded if isinstance(loaded, SpeakerModel) else None
        if own is None and (matches_voices or by_channel):
            own = self.auxiliary.speaker_model()
        naming = None
        if own and matches_voices:
            known = voices(own.embedder.name) if voices else {}
            naming = VoiceMatcher(known, link=link_speakers)
        if by_channel:
            assert own is not None
            engine: Any = ChannelEngine(own)
        else:
            engine = engine_for(loaded, own.embedder if own and matches_voices else None)
        options = DiarizationOptions(
            count=count, threshold=THRESHOLD if threshold is None else threshold
        )
        return Diarizer(engine=engine, model=info, options=options, naming=naming)

    def classifier(
        self,
        model: str | None,
        task: ClassificationTaskName,
        labels: Sequence[str] = (),
        prompt: str = "{}",
    ) -> LoadedClassifier:
        """Load a classifier; `labels` and `prompt` are for models that take any labels."""
        from audiocli.tasks.classification.models import load_classifier

        return load_classifier(model, task, self.device_options, self.store, labels, prompt)

    def encoder(self, model: str | None, options: EmbeddingOptions) -> SoundEncoder:
        """Load an encoder."""
        from audiocli.tasks.embedding.embedder import SoundEncoder

        encoder, info = self.model(model, "embed")
        return SoundEncoder(encoder=encoder, model=info, options=options)

    def text_to_speech(
        self, model: str | None, options: SynthesisRequestOptions, vocoder: str | None = None
    ) -> TextToSpeech:
        """Load a speech synthesis model, and its vocoder where it needs one.

        Without a model, the model that has the requested voice is loaded.
        """
        from audiocli.tasks.synthesis.voices import load_text_to_speech

        return load_text_to_speech(model, vocoder, options, self.device_options, self.store)
