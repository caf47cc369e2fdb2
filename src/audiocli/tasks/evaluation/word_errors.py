"""Word and character error rates, also by speaker; jiwer does the alignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from audiocli.results import Result, Segment, Transcript
from audiocli.tasks.evaluation.normalizers import Normalize, NormalizerName, normalizer
from audiocli.tasks.evaluation.reference import Reference
from audiocli.tasks.evaluation.statistics import Metric, ratio

SpeakerTexts = Mapping[str, str]  # all words of each speaker, in order


@dataclass(frozen=True)
class EditCounts:
    """Edit operations from a reference to a hypothesis, in words or characters."""

    substitutions: int
    deletions: int
    insertions: int
    length: int  # of the reference

    @property
    def errors(self) -> int:
        """The number of operations."""
        return self.substitutions + self.deletions + self.insertions


@dataclass(frozen=True)
class TranscriptTally:
    """Counts of one recording.

    Attributes
    ----------
    by_speaker : errors and words of cpWER; None without speakers
    """

    words: EditCounts
    characters: EditCounts
    by_speaker: tuple[int, int] | None


@dataclass(frozen=True)
class TranscriptScorer:
    """Scores transcripts by WER, CER and cpWER.

    Attributes
    ----------
    language : language of references that name none
    """

    normalizer: NormalizerName = "whisper"
    language: str | None = None
    of_recording: ClassVar[tuple[str, ...]] = (
        *("wer", "substitutions", "deletions", "insertions", "cer"),
        "cpwer",
    )

    def tally(self, reference: Reference, result: Result) -> TranscriptTally:
        """Count the errors of a transcript."""
        assert isinstance(result, Transcript) and reference.text is not None
        normalize = normalizer(self.normalizer, reference.language or self.language)
        expected, found = normalize(reference.text), normalize(result.text)
        return TranscriptTally(
            word_edits(expected, found),
            character_edits(expected, found),
            _errors_by_speaker(reference, result, normalize),
        )

    def metrics(self, tallies: Sequence[TranscriptTally]) -> list[Metric]:
        """Return WER and its parts, CER, and cpWER if all recordings have speakers."""
        words = [tally.words for tally in tallies]
        counts = [count.length for count in words]
        characters = [tally.characters for tally in tallies]
        found = [
            ratio("wer", [count.errors for count in words], counts),
            *(
                ratio(name, [getattr(count, name) for count in words], counts)
                for name in ("substitutions", "deletions", "insertions")
            ),
            ratio("cer", [c.errors for c in characters], [c.length for c in characters]),
        ]
        by_speaker = [tally.by_speaker for tally in tallies if tally.by_speaker]
        if by_speaker and len(by_speaker) == len(tallies):
            errors, lengths = zip(*by_speaker, strict=True)
            found.append(ratio("cpwer", errors, lengths))
        return found


def word_edits(reference: str, hypothesis: str) -> EditCounts:
    """Count the word edits between two normalized texts."""
    import jiwer

    found = jiwer.process_words(reference, hypothesis)
    return EditCounts(
        found.substitutions, found.deletions, found.insertions, len(reference.split())
    )


def character_edits(reference: str, hypothesis: str) -> EditCounts:
    """Count the character edits between two normalized texts, spaces included."""
    import jiwer

    reference, hypothesis = reference.strip(), hypothesis.strip()
    found = jiwer.process_characters(reference, hypothesis)
    return EditCounts(found.substitutions, found.deletions, found.insertions, len(reference))


def cp_errors(reference: SpeakerTexts, hypothesis: SpeakerTexts) -> int:
    """Count the word errors of the best pairing of reference and hypothesis speakers.

    The concatenated minimum-permutation word error rate of CHiME-6 (Watanabe et al. 2020,
    arXiv:2004.09249), with the Hungarian method in place of all permutations.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    size = max(len(reference), len(hypothesis))
    expected, found = (
        [*texts.values(), *[""] * (size - len(texts))] for texts in (reference, hypothesis)
    )
    errors = np.array([[word_edits(a, b).errors for b in found] for a in expected], int)
    if not size:
        return 0
    rows, columns = linear_sum_assignment(errors)
    return int(errors[rows, columns].sum())


def speaker_texts(segments: Sequence[Segment], normalize: Normalize = str) -> dict[str, str]:
    """Return the normalized words of each speaker in order of time; "" is no speaker."""
    texts: dict[str, list[str]] = {}
    for segment in sorted(segments, key=lambda segment: segment.start):
        for part in segment.words or (segment,):
            texts.setdefault(part.speaker or segment.speaker or "", []).append(part.text)
    return {name: normalize(" ".join(parts)) for name, parts in texts.items()}


def _errors_by_speaker(
    reference: Reference, result: Transcript, normalize: Normalize
) -> tuple[int, int] | None:
    """Return the errors and the words of cpWER; None if a side has no speakers."""
    if not reference.segments or result.turns is None:
        return None
    expected = speaker_texts(reference.segments, normalize)
    errors = cp_errors(expected, speaker_texts(result.segments, normalize))
    return errors, sum(len(text.split()) for text in expected.values())
