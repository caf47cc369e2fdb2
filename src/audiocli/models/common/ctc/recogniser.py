"""CTC checkpoints of transformers as recognisers, for all architectures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from math import ceil
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiocli.errors import ModelUnavailable
from audiocli.models.base import DeviceOptions
from audiocli.models.common.classification_heads import dtype_of
from audiocli.models.common.ctc.beam_search import beam_search
from audiocli.models.common.ctc.collapse import join_words
from audiocli.models.common.ctc.emissions import CtcEmissions
from audiocli.models.common.ctc.stitching import WindowLayout, stitched
from audiocli.models.common.ctc.timing import timed_words
from audiocli.models.common.ctc.vocabulary import languages_of, read_vocabulary
from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions, Recognition
from audiocli.models.torch_layer import import_torch, import_transformers, pick_device, pretrained
from audiocli.results import Word

Array = NDArray[np.float32]

CORE = 20.0  # seconds of a window whose frames are kept
CONTEXT = 5.0  # seconds of context on each side
SHORTEST = 0.1  # seconds; shorter sound is padded with silence
# Their convolutions read the padding, even with an attention mask.
_LEAKY = {"wav2vec2-conformer"}


class CtcRecogniser:
    """A model with a CTC head; implements `Recogniser` and `Aligner`."""

    max_seconds = 120.0  # the network itself runs on windows of CORE and CONTEXT
    batch_seconds = 120.0
    workers = 1  # torch uses all threads for one batch
    supported_options = frozenset({"language_model", "hotwords"})

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        self._torch: Any = import_torch(verbose=device_options.library_messages)
        transformers: Any = import_transformers(verbose=device_options.library_messages)
        self._device = pick_device(device_options.device)
        self._dtype = dtype_of(self._torch, device_options)
        self._folder = folder
        self._extractor = pretrained(transformers.AutoFeatureExtractor, folder)
        self._model = _with_head(transformers, folder).to(self._device, self._dtype).eval()
        self._blank = int(self._model.config.pad_token_id)
        self._vocabulary = read_vocabulary(folder, self._blank)
        self._one_at_a_time = Lock()
        self.rate = int(self._extractor.sampling_rate)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Languages whose adapter is in the folder (MMS); empty for other checkpoints."""
        first = self._vocabulary.language
        return tuple(
            code
            for code in languages_of(self._folder)
            if code == first or any(self._folder.glob(f"adapter.{code}.*"))
        )

    @property
    def writes_phonemes(self) -> bool:
        """Whether the tokens are phonemes."""
        return self._vocabulary.phonemes

    def padded_seconds(self, seconds: float) -> float:
        """Return the length of a chunk rounded up to whole seconds."""
        return ceil(seconds)

    def recognise(
        self, chunks: Sequence[AudioChunk], decoding: DecodingOptions
    ) -> list[Recognition]:
        """Recognise a batch of chunks, best of similar lengths."""
        emissions = self.emissions(chunks)
        return [
            self._recognition(e, chunk.language, decoding)
            for e, chunk in zip(emissions, chunks, strict=True)
        ]

    def detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        """Return no probabilities, because CTC models do not detect the language."""
        return [{} for _ in chunks]

    def align(
        self, chunks: Sequence[AudioChunk], texts: Sequence[Sequence[str]]
    ) -> list[list[Word]]:
        """Align the words of known texts with the audio by forced alignment."""
        emissions = self.emissions(chunks)
        return [timed_words(e, words) for e, words in zip(emissions, texts, strict=True)]

    def emissions(self, chunks: Sequence[AudioChunk]) -> list[CtcEmissions]:
        """Return the log probabilities of all frames of each chunk."""
        with self._one_at_a_time:
            if language := next((u.language for u in chunks if u.language), None):
                self._set_language(language)
            inputs = [self._features(chunk.samples) for chunk in chunks]
            layouts = [self._layout.of(len(steps)) for steps in inputs]
            parts = [
                steps[window.start : window.stop]
                for steps, windows in zip(inputs, layouts, strict=True)
                for window in windows
            ]
            outputs = iter(self._run(parts))
        return [
            CtcEmissions(
                log_probabilities=stitched([next(outputs) for _ in windows], windows),
                frame_seconds=self._layout.ratio * self._samples_per_step / self.rate,
                vocabulary=self._vocabulary,
            )
            for windows in layouts
        ]

    def _recognition(
        self, emissions: CtcEmissions, language: str | None, decoding: DecodingOptions
    ) -> Recognition:
        if decoding.language_model or decoding.hotwords:
            words = timed_words(emissions, beam_search(emissions, decoding))
        else:
            words = join_words(emissions.decoded_tokens(), emissions.frame_seconds)
        scores = [word.confidence for word in words if word.confidence is not None]
        return Recognition(
            words=tuple(words),
            language=emissions.vocabulary.language or language,
            confidence=float(np.mean(scores)) if scores else None,
        )

    def _set_language(self, language: str) -> None:
        """Load the vocabulary and the adapter of a language, if the model has several."""
        if language not in self.languages or language == self._vocabulary.language:
            return
        self._vocabulary = read_vocabulary(self._folder, self._blank, language)
        self._model.load_adapter(language, local_files_only=True)
        self._model.to(self._device, self._dtype)

    def _features(self, samples: Array) -> Array:
        """Compute the network's input for a whole chunk, which is normalised as a whole.

        Returns
        -------
        shape (steps,) or (steps, features)
        """
        samples = np.pad(samples, (0, max(0, round(SHORTEST * self.rate) - len(samples))))
        found = self._extractor(samples, sampling_rate=self.rate, return_tensors="pt")
        steps: Array = found[self._model.main_input_name][0].numpy()
        mask = found.get("attention_mask")
        return steps if mask is None else steps[: int(mask[0].sum())]

    @cached_property
    def _layout(self) -> WindowLayout:
        """Windows for the network, from the ratio of its input to its output lengths."""
        far = 1_000_000
        frames = self._lengths([far, 2 * far])
        ratio = round(far / (frames[1] - frames[0]))
        field = next(n for n in range(1, far) if self._lengths([n])[0] > 0)
        a_second = self.rate / (ratio * self._samples_per_step)
        return WindowLayout(
            core=round(CORE * a_second),
            context=round(CONTEXT * a_second),
            ratio=ratio,
            overhang=max(0, field - ratio),
        )

    @cached_property
    def _samples_per_step(self) -> int:
        """Samples per step of the network's input."""
        if self._model.main_input_name == "input_values":
            return 1
        one, two = (len(self._features(np.zeros(n * self.rate, np.float32))) for n in (10, 20))
        return round(10 * self.rate / (two - one))

    def _lengths(self, steps: Sequence[int]) -> list[int]:
        """Return the number of output frames for inputs of these lengths."""
        model = self._model
        names = ("_get_feat_extract_output_lengths", "_get_subsampling_output_length")
        count = next(getattr(model, name) for name in names if hasattr(model, name))
        lengths: list[int] = count(self._torch.tensor(steps)).tolist()
        return lengths

    def _run(self, parts: Sequence[Array]) -> list[Array]:
        """Run the network on inputs of any lengths, in batches of similar lengths.

        Models that were trained without an attention mask, or ignore it, give different
        output for padded input, so their batches have inputs of equal length only.
        """
        masked = bool(getattr(self._extractor, "return_attention_mask", True))
        masked &= self._model.config.model_type not in _LEAKY
        order = sorted(range(len(parts)), key=lambda n: len(parts[n]))
        batch_size = max(1, round(self.batch_seconds / (CORE + 2 * CONTEXT)))
        groups: dict[Any, list[int]] = defaultdict(list)
        for place, n in enumerate(order):
            groups[place // batch_size if masked else len(parts[n])].append(n)
        outputs: dict[int, Array] = {}
        for members in groups.values():
            for first in range(0, len(members), batch_size):
                batch = members[first : first + batch_size]
                found = self._of_batch([parts[n] for n in batch], masked)
                outputs.update(zip(batch, found, strict=True))
        return [outputs[n] for n in range(len(parts))]

    def _of_batch(self, parts: Sequence[Array], masked: bool) -> list[Array]:
        torch = self._torch
        longest = max(len(part) for part in parts)
        more = ((0, 0),) * (parts[0].ndim - 1)
        padded = np.stack([np.pad(p, ((0, longest - len(p)), *more)) for p in parts])
        inputs = {self._model.main_input_name: torch.from_numpy(padded).to(self._dtype)}
        if masked:
            mask = np.arange(longest) < np.array([[len(part)] for part in parts])
            inputs["attention_mask"] = torch.from_numpy(mask).long()
        with torch.inference_mode():
            placed = {name: value.to(self._device) for name, value in inputs.items()}
            logits = self._model(**placed).logits.float().log_softmax(-1).cpu().numpy()
        lengths = self._lengths([len(part) for part in parts])
        return [logits[n, :length] for n, length in enumerate(lengths)]


def _with_head(transformers: Any, folder: Path) -> Any:
    """Load a model; raise an error if the checkpoint has no weights for the head."""
    model, report = pretrained(transformers.AutoModelForCTC, folder, output_loading_info=True)
    heads = ("lm_head", "ctc_head")
    if missing := sorted(key for key in report["missing_keys"] if key.startswith(heads)):
        raise ModelUnavailable(
            f"{folder.name} has no weights for {missing[0]}, so its text would be random",
            "it was trained without text; choose a checkpoint fine-tuned for recognition",
        )
    return model
