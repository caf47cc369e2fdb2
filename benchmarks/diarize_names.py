"""Known voices: who is named rightly, and who is taken for somebody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.decode import open_audio
from audiocli.audio.selection import Selection
from audiocli.models.protocols.speakers import SpeakerModel
from audiocli.tasks.common.events import Recording
from audiocli.tasks.diarization import naming
from audiocli.tasks.diarization.engines import ClusteringEngine, DiarizationOptions, DiarizedStream
from audiocli.tasks.diarization.naming import VoiceMatcher
from audiocli.tasks.diarization.voice_profiles import VoiceProfile as EnrolledVoice
from audiocli.tasks.diarization.voice_profiles import average_voices, extract_voice

Case = dict[str, Any]  # a line of the manifest
Voice = NDArray[np.float32]
RATE = 16_000
ENOUGH = 20.0  # seconds that somebody is enrolled from, or less where there is less


def table(manifest: Sequence[Case], model: SpeakerModel) -> None:
    """Print how the speakers of conversations are named, at several similarities.

    Everybody is enrolled from utterances that are not in the conversation. Every speaker
    is met twice: enrolled, when the right name is right; and as a stranger, with all the
    others enrolled, when only no name is right.
    """
    cases = [case for case in manifest if case["set"] == "composed_conversations"]
    sounds = dict(utterances(manifest))
    found = [(case, diarized(case, model)) for case in cases]
    voices = [enrolled(case, sounds, model) for case in cases]
    print("| similarity | known: right name | no name | wrong name | strangers without a name |")
    print("|---|---|---|---|---|")
    usual = naming.MIN_SIMILARITY
    for same in (usual - 0.10, usual - 0.05, usual, usual + 0.05, usual + 0.10):
        naming.MIN_SIMILARITY = same
        known, strangers = Counter[str](), Counter[str]()
        for (case, conversation), known_voices in zip(found, voices, strict=True):
            for speaker, cluster in clusters(case, conversation):
                others = {n: voice for n, voice in known_voices.items() if n != speaker}
                strangers[outcome(conversation, others, cluster, None)] += 1
                if speaker in known_voices:
                    known[outcome(conversation, known_voices, cluster, speaker)] += 1
        counts = [known["right"], known["none"], known["wrong"]]
        shown = " | ".join(f"{count} of {known.total()}" for count in counts)
        print(f"| {same:.2f} | {shown} | {strangers['right']} of {strangers.total()} |")
    naming.MIN_SIMILARITY = usual


def diarized(case: Case, model: SpeakerModel) -> DiarizedStream:
    """Diarize with the defaults."""
    with open_audio(case["file"], rate=RATE) as stream:
        return ClusteringEngine(model).diarize(stream, DiarizationOptions(), lambda _: None)


def clusters(case: Case, found: DiarizedStream) -> Iterator[tuple[str, str]]:
    """Yield each true speaker with the one found who speaks most in their turns."""
    for speaker in sorted({turn["speaker"] for turn in case["turns"]}):
        shares = Counter[str]()
        for true in case["turns"]:
            for turn in found.turns if true["speaker"] == speaker else ():
                share = min(true["end"], turn.end) - max(true["start"], turn.start)
                shares[turn.speaker] += max(0.0, share)  # type: ignore[assignment]
        yield speaker, shares.most_common(1)[0][0]


def outcome(found: DiarizedStream, known: dict[str, Voice], cluster: str, name: str | None) -> str:
    """Say whether a speaker found gets the right name; None is that of a stranger."""
    given = VoiceMatcher(known).names(found.voices).get(cluster)
    if given == name:
        return "right"
    return "none" if given is None else "wrong"


def utterances(manifest: Sequence[Case]) -> Iterator[tuple[str, tuple[str, list[Any]]]]:
    """Yield single utterances by where they come from: speaker, then file, start and end."""
    for case in manifest:
        if case["set"] in {"librispeech_test_other", "an4"}:
            yield case["path"], (case["speaker"], [case["file"], 0.0, case["duration"]])
    for case in manifest:
        if case["set"] == "composed_conversations" and not (case["overlap_s"] or case["noise"]):
            for turn in case["turns"]:
                yield turn["source"], (turn["speaker"], [case["file"], turn["start"], turn["end"]])


def enrolled(case: Case, sounds: dict[str, Any], model: SpeakerModel) -> dict[str, Voice]:
    """Enroll all who have utterances that are not in a conversation, as `voices enroll` does."""
    heard = {turn["source"] for turn in case["turns"]}
    own: dict[str, list[EnrolledVoice]] = {}
    for source, (speaker, (file, start, end)) in sounds.items():
        voices = own.setdefault(speaker, [])
        if source not in heard and sum(voice.seconds for voice in voices) < ENOUGH:
            part = partial(open_audio, file, selection=Selection(start=start, end=end))
            recording = Recording(source, source, lambda rate, part=part: part(rate=rate))
            voices.append(extract_voice(recording, model))
    return {speaker: average_voices(voices).vector for speaker, voices in own.items() if voices}
