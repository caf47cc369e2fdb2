"""Whisper on CTranslate2: log-mel in, beam search, words with times out.

Three things make it quick on a CPU. The encoder reads the speech and a few
seconds of silence, not always 30 s. Utterances are encoded one by one, where
their attention fits the caches, and decoded together, where the weights are read
once for all. And each worker keeps to one thread, so none waits for another.
"""

from __future__ import annotations

import os
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features import whisper_log_mel
from audiocli.models.base import Runtime
from audiocli.models.families.whisper.heap import keep_large_blocks
from audiocli.models.families.whisper.tokens import Line, Vocabulary
from audiocli.models.speech import Decoding, Recognition, Utterance
from audiocli.results import Word

Encoded = NDArray[np.float32]

RATE = 16_000  # Hz
CHUNK = 30.0  # seconds the encoder has positions for
FRAME = 0.02  # seconds of sound an encoder output stands for
# The decoder is used to silence after the speech: with less it loops and invents.
# Measured with base on four sets: 2 s to 3 s invent, 4 s is unsure on clips of a second, 5 s
# and more change nothing (the table is in benchmarks/README.md).
PADDING = 6.0
SHORTEST = 8.0  # seconds the encoder gets at least
SURE = 0.9  # the voice detector's probability somewhere in nearly all speech
SMALL_MODEL = 400_000_000  # bytes; below this a thread a batch beats all threads on one


@dataclass(frozen=True)
class Attempt:
    """One way to decode; a later one is tried where the output of the one before is doubtful."""

    padding: float = PADDING
    temperature: float = 0.0


ATTEMPTS = (Attempt(), Attempt(padding=CHUNK), Attempt(padding=CHUNK, temperature=0.4))


@dataclass(frozen=True)
class Hypothesis:
    """What the decoder wrote for one utterance.

    Attributes
    ----------
    log_probability : mean over the tokens
    encoded : the encoder's output, shape (frames, d_model), to align the words with
    """

    tokens: list[int]
    log_probability: float
    no_speech: float
    encoded: Encoded

    def stands(self, certainty: float) -> bool:
        """Whether the words are to be believed.

        Not where the decoder guesses (the bounds are those of Radford et al. 2022,
        section 4.5) and either itself hears no speech or the voice detector was
        never sure of any: barks, sneezes and engines.
        """
        if self.log_probability >= -1.0:
            return True
        return self.no_speech <= 0.6 and certainty >= SURE

    def doubt(self, text: str, seconds: float) -> float:
        """How much the text looks like a loop or a guess; above 1 it should not stand."""
        return max(
            self.looping(text, seconds),
            -self.log_probability,
            1.1 if self._ends_twice() else 0.0,
        )

    def looping(self, text: str, seconds: float) -> float:
        """How much the text looks like a loop; above 1 it is one.

        The bound on compression is that of Radford et al. 2022, section 4.5; nobody
        speaks more than about 30 tokens a second.
        """
        written = text.encode()
        compression = len(written) / len(zlib.compress(written)) if written else 0.0
        return max(compression / 2.4, len(self.tokens) / (30 * seconds + 8))

    def _ends_twice(self) -> bool:
        """Whether the text ends with the same three or more tokens again."""
        tokens = self.tokens
        halves = range(3, len(tokens) // 2 + 1)
        return any(tokens[-n:] == tokens[-2 * n : -n] for n in halves)


class WhisperRecogniser:
    """A Whisper model in CTranslate2 form; see `Recogniser` and `Aligner` of `audiocli.models.speech`."""

    rate = RATE
    longest = 29.0  # room for the silence that ends the last word
    batch_seconds = 80.0
    padding = PADDING
    follows = frozenset({"task", "prompt", "hotwords"})

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        keep_large_blocks()
        cores = runtime.threads or os.cpu_count() or 1
        device = _device(runtime)
        small = (folder / "model.bin").stat().st_size < SMALL_MODEL
        self._model = ctranslate2.models.Whisper(
            str(folder),
            device=device,
            compute_type=_compute_type(runtime, device),
            inter_threads=cores if small else 1,
            intra_threads=1 if small else cores,
        )
        self._vocabulary = Vocabulary(folder)
        self._on_cpu = device == "cpu"
        self.workers = cores if small and self._on_cpu else 1

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages it can write."""
        return self._vocabulary.languages if self._model.is_multilingual else ("en",)

    def detect_language(self, utterances: Sequence[Utterance]) -> list[dict[str, float]]:
        """Probability of each language, for each utterance."""
        if not self._model.is_multilingual:
            return [{"en": 1.0} for _ in utterances]
        return self._languages(self._encode(utterances, PADDING))

    def recognise(self, utterances: Sequence[Utterance], decoding: Decoding) -> list[Recognition]:
        """Recognise a batch; utterances of like length cost least."""
        encoded = self._encode(utterances, PADDING)
        utterances, probabilities = self._with_languages(utterances, encoded)
        hypotheses = self._decode(utterances, encoded, decoding, ATTEMPTS[0])
        if decoding.guards:
            hypotheses = self._retry(utterances, hypotheses, decoding)
        lines = [
            Line(h.tokens, self._vocabulary.words(h.tokens, utterance.language))
            for h, utterance in zip(hypotheses, utterances, strict=True)
        ]
        words = self._align(utterances, lines, [h.encoded for h in hypotheses], decoding.task)
        return [
            Recognition(
                words=tuple(timed),
                language=utterance.language,
                language_probability=probability,
                confidence=float(np.exp(hypothesis.log_probability)) if timed else None,
            )
            for utterance, probability, hypothesis, timed in zip(
                utterances, probabilities, hypotheses, words, strict=True
            )
        ]

    def _encode(self, utterances: Sequence[Utterance], padding: float) -> Encoded:
        """Encode each utterance with the same length of sound.

        Returns
        -------
        shape (utterances, frames, d_model)
        """
        longest = max(len(utterance.samples) for utterance in utterances) / RATE
        seconds = min(CHUNK, max(SHORTEST, longest + padding))
        length = round(seconds / FRAME) * round(FRAME * RATE)
        features = [
            whisper_log_mel(_fitted(utterance.samples, length), self._model.n_mels)
            for utterance in utterances
        ]
        # A GPU wants the whole batch at once, a CPU one at a time.
        batches = [f[None] for f in features] if self._on_cpu else [np.stack(features)]
        encoded = [self._model.encode(self._view(batch), to_cpu=True) for batch in batches]
        return np.concatenate([np.array(part) for part in encoded])

    def _view(self, array: NDArray[np.float32]) -> Any:
        """Hand an array to CTranslate2, on the model's device."""
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(array))
        return view if self._on_cpu else view.to_device(ctranslate2.Device.cuda)

    def _languages(self, encoded: Encoded) -> list[dict[str, float]]:
        found = self._model.detect_language(self._view(encoded))
        return [{token[2:-2]: float(p) for token, p in ranked} for ranked in found]

    def _with_languages(
        self, utterances: Sequence[Utterance], encoded: Any
    ) -> tuple[list[Utterance], list[float | None]]:
        """Give every utterance a language: the likeliest of all that share its recording."""
        if not self._model.is_multilingual:
            return [replace(u, language="en") for u in utterances], [None] * len(utterances)
        if all(utterance.language for utterance in utterances):
            return list(utterances), [None] * len(utterances)
        totals: dict[Any, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        weights: dict[Any, float] = defaultdict(float)
        for utterance, found in zip(utterances, self._languages(encoded), strict=True):
            weights[utterance.recording] += len(utterance.samples)
            for language, probability in found.items():
                totals[utterance.recording][language] += probability * len(utterance.samples)
        settled, probabilities = [], []
        for utterance in utterances:
            of_recording = totals[utterance.recording]
            best = max(of_recording, key=lambda code: of_recording[code])
            share = of_recording[best] / weights[utterance.recording]
            settled.append(replace(utterance, language=utterance.language or best))
            probabilities.append(None if utterance.language else share)
        return settled, probabilities

    def _decode(
        self,
        utterances: Sequence[Utterance],
        encoded: Encoded,
        decoding: Decoding,
        attempt: Attempt,
    ) -> list[Hypothesis]:
        prompts = [self._prompt(utterance, decoding) for utterance in utterances]
        seconds = max(len(utterance.samples) for utterance in utterances) / RATE
        sampling = attempt.temperature > 0
        results = self._model.generate(
            self._view(encoded),
            prompts,
            beam_size=1 if sampling else decoding.beam_size,
            num_hypotheses=1,
            sampling_topk=0 if sampling else 1,
            sampling_temperature=attempt.temperature or 1.0,
            max_length=min(448, len(prompts[0]) + round(30 * seconds) + 16),
            return_scores=True,
            return_no_speech_prob=True,
        )
        return [
            Hypothesis(result.sequences_ids[0], result.scores[0], result.no_speech_prob, memory)
            for result, memory in zip(results, encoded, strict=True)
        ]

    def _prompt(self, utterance: Utterance, decoding: Decoding) -> list[int]:
        language = utterance.language if self._model.is_multilingual else None
        context = self._context(decoding)
        task = self._vocabulary.task_prompt(language, decoding.task)
        return [*context, *task, self._vocabulary.no_timestamps]

    def _context(self, decoding: Decoding) -> list[int]:
        """Tokens the decoder takes for what was said before; at most half its memory."""
        text = " ".join(filter(None, [*decoding.hotwords, decoding.prompt]))
        if not text:
            return []
        return [self._vocabulary.previous, *self._vocabulary.encode(" " + text)[-223:]]

    def _retry(
        self, utterances: Sequence[Utterance], hypotheses: list[Hypothesis], decoding: Decoding
    ) -> list[Hypothesis]:
        """Decode what is doubtful once more, with more care; keep the least doubtful.

        What is still a loop after every attempt becomes silence.
        """
        best = list(hypotheses)
        for attempt in ATTEMPTS[1:]:
            for n in (n for n, h in enumerate(best) if self._doubt(utterances[n], h) > 1):
                one = utterances[n : n + 1]
                again = self._decode(one, self._encode(one, attempt.padding), decoding, attempt)[0]
                if self._doubt(one[0], again) < self._doubt(one[0], best[n]):
                    best[n] = again
        return [
            h if self._stands(utterance, h) else replace(h, tokens=[])
            for utterance, h in zip(utterances, best, strict=True)
        ]

    def _stands(self, utterance: Utterance, hypothesis: Hypothesis) -> bool:
        if not hypothesis.stands(utterance.certainty):
            return False
        # People do say things again: a loop is silenced only where speech is not sure.
        text = self._vocabulary.decode(hypothesis.tokens)
        is_loop = hypothesis.looping(text, len(utterance.samples) / RATE) > 1
        return utterance.certainty >= SURE or not is_loop

    def _doubt(self, utterance: Utterance, hypothesis: Hypothesis) -> float:
        text = self._vocabulary.decode(hypothesis.tokens)
        return hypothesis.doubt(text, len(utterance.samples) / RATE)

    def align(
        self, utterances: Sequence[Utterance], texts: Sequence[Sequence[str]]
    ) -> list[list[Word]]:
        """Find when the words of a known text are spoken.

        What the decoder's memory cannot hold gets no length and no confidence.
        """
        encoded = self._encode(utterances, PADDING)
        utterances, _ = self._with_languages(utterances, encoded)
        lines = [
            self._vocabulary.line(words, utterance.language)
            for words, utterance in zip(texts, utterances, strict=True)
        ]
        timed = self._align(utterances, lines, encoded, "transcribe")
        return [
            [*found, *(_nowhere(word, utterance) for word in words[len(found) :])]
            for found, words, utterance in zip(timed, texts, utterances, strict=True)
        ]

    def _align(
        self,
        utterances: Sequence[Utterance],
        lines: Sequence[Line],
        encoded: Sequence[Encoded] | Encoded,
        task: str,
    ) -> list[list[Word]]:
        """Time every word by dynamic time warping over the cross-attention."""
        groups: dict[Any, list[int]] = defaultdict(list)
        for n, (utterance, line) in enumerate(zip(utterances, lines, strict=True)):
            if line.tokens:
                groups[utterance.language, encoded[n].shape].append(n)
        words: list[list[Word]] = [[] for _ in utterances]
        for (language, _), members in groups.items():
            code = language if self._model.is_multilingual else None
            results = self._model.align(
                self._view(np.stack([encoded[n] for n in members])),
                self._vocabulary.task_prompt(code, task),
                [lines[n].tokens for n in members],
                [round(len(utterances[n].samples) / RATE / FRAME) * 2 for n in members],
            )
            for n, result in zip(members, results, strict=True):
                words[n] = _timed(lines[n].units, result)
        return words


def _nowhere(text: str, utterance: Utterance) -> Word:
    end = len(utterance.samples) / RATE
    return Word(start=end, end=end, text=text, confidence=0.0)


def _timed(units: Sequence[tuple[str, int, int]], alignment: Any) -> list[Word]:
    """Give each word the time from its first token to the first of the next word."""
    path = np.array(alignment.alignments)
    token, frame = path[:, 0], path[:, 1]
    starts = frame[np.flatnonzero(np.diff(token, prepend=-1))] * FRAME
    ends = [*starts[1:], frame[-1] * FRAME]
    probability = alignment.text_token_probs
    return [
        Word(
            start=float(starts[first]),
            end=float(ends[last - 1]),
            text=text.strip(),
            confidence=float(np.mean(probability[first:last])),
        )
        for text, first, last in units
        if text.strip()
    ]


def _device(runtime: Runtime) -> str:
    if runtime.device != "auto":
        return runtime.device
    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def _compute_type(runtime: Runtime, device: str) -> str:
    """8-bit weights on a CPU, half precision on a GPU: no accuracy lost, half the time."""
    if runtime.compute_type != "default":
        return runtime.compute_type
    return "int8" if device == "cpu" else "float16"


def _fitted(samples: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    return np.pad(samples[:length], (0, max(0, length - len(samples))))
