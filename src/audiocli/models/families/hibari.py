"""hibari: English text-to-speech with a 7.9 MB network per voice, distilled from Kokoro-82M.

The package hibari-tts provides the network, grapheme-to-phoneme conversion and the signal
processing after the network (https://github.com/MMWilliams/hibari).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import DeviceOptions, Family, File, Hub, ModelSpec, PackageData
from audiocli.models.common.english_g2p import phonemize_english
from audiocli.models.common.onnx_graph import with_node_input_as_output
from audiocli.models.protocols.synthesis import (
    Pronunciation,
    Synthesiser,
    SynthesisOptions,
    TimedSpeech,
)
from audiocli.models.telemetry import import_onnxruntime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_REVISION = "0.2.1"
_HUB = "maureesewilliams/hibari"


class HibariSynthesiser(Synthesiser):
    """A network for one voice; implements `Synthesiser`."""

    max_characters = 300
    languages = ("en",)
    scripts = ("LATIN",)
    has_speed = True
    accepts_phonemes = True

    def __init__(self, network: Path, voice: str, threads: int) -> None:
        import_onnxruntime()  # before hibari imports it
        from hibari import Hibari

        # The input of the only CumSum node is the duration of each phoneme.
        shown = with_node_input_as_output(network.read_bytes(), "CumSum")
        model = shown[0] if shown else str(network)
        self._has_durations = shown is not None
        self._tts = Hibari(voice=voice, model=model, threads=threads)
        self._reader = self._tts.g2p  # load the dictionary now
        self.voices = (voice,)
        self.rate: int = self._tts.sample_rate

    def synthesise(self, text: str, options: SynthesisOptions) -> NDArray[np.float32]:
        """Synthesise one passage; the seed determines the noise of the consonants."""
        return self.synthesise_timed(text, (), options).samples

    def synthesise_timed(
        self, text: str, pronunciations: Sequence[Pronunciation], options: SynthesisOptions
    ) -> TimedSpeech:
        """Synthesise one passage with character times from the phoneme durations."""
        import numpy as np
        from hibari import dsp

        read = phonemize_english(self._reader, text, pronunciations)
        known = [phoneme in self._tts.vocab for phoneme in read.phonemes]
        ids = self._tts.ids(read.phonemes)
        if not any(known):
            return TimedSpeech(np.zeros(0, np.float32))
        feed = {"ids": np.array([ids], np.int64), "speed": np.array([options.speed], np.float32)}
        outputs = dict(zip(_OUTPUTS, self._tts.sess.run(None, feed), strict=False))
        samples = dsp.synth(
            *(outputs[name][0] for name in _OUTPUTS[:6]), np.random.default_rng(options.seed)
        )
        if not self._has_durations:
            return TimedSpeech(samples)
        ends = np.cumsum(outputs["durations"].ravel())  # in frames, with the leading silence
        ends = ends * (samples.size / self.rate / ends[-1])
        starts = ends[np.cumsum([0, *known])]  # unknown phonemes have no duration
        return TimedSpeech(samples, np.interp(np.arange(len(text) + 1), read.places, starts))


# Outputs of the network in order; the last one only if it was added.
_OUTPUTS = ("lh", "theta", "ln", "lr", "phi", "f0", "durations")


def load(folder: Path, device_options: DeviceOptions) -> HibariSynthesiser:
    """Load the network of one voice; it runs in one thread by default."""
    network = next(voice for voice in _NETWORKS if (folder / voice).is_file())
    return HibariSynthesiser(folder / network, _NETWORKS[network], device_options.threads or 1)


def _recognises(config: Mapping[str, Any]) -> bool:  # noqa: ARG001
    return False  # ONNX files without config.json: found by name only


def _voice(name: str, network: File, note: str) -> ModelSpec:
    return ModelSpec(
        name=f"hibari-{name}",
        task="speak",
        family="hibari",
        revision=_REVISION,
        files=(network,),
        sources=(Hub(_HUB, "main"),),  # the files are verified by SHA-256
        licence="Apache-2.0",
        languages=("en",),
        voices=(name,),
        note=note,
    )


HEART = ModelSpec(
    name="hibari",
    aliases=("hibari-heart",),
    task="speak",
    family="hibari",
    revision=_REVISION,
    files=(
        File(
            "hibari.onnx",
            7_936_868,
            "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
        ),
    ),
    sources=(PackageData("assets", package="hibari"),),
    licence="Apache-2.0",
    languages=("en",),
    voices=("heart",),
    note="the default: American English, a woman's voice",
)
EMMA = _voice(
    "emma",
    File(
        "voices/bf_emma.int8.onnx",
        7_936_868,
        "f709f0488ee63b583a22189a955aaf4257b9806dd330be3490661e53af0a89c1",
    ),
    "British English, a woman's voice",
)
FENRIR = _voice(
    "fenrir",
    File(
        "voices/am_fenrir_v2.int8.onnx",
        8_031_158,
        "f59fbd87908c91f827bc21b1b89443757b9a8580db9eee20aa948deb731321f4",
    ),
    "American English, a man's voice",
)
FABLE = _voice(
    "fable",
    File(
        "voices/bm_fable.int8.onnx",
        7_936_868,
        "c28529302f2d27cd12f62625c24425888c4e3c2675583100ec530259136b8bc6",
    ),
    "British English, a man's voice",
)
KORE = _voice(
    "kore",
    File(
        "voices/af_kore.int8.onnx",
        7_936_868,
        "346885752673e45d42f9864c9e2432094bc4b6385df060d4b83273da764d2fa9",
    ),
    "American English, a woman's voice",
)
_SPECS = (HEART, EMMA, FENRIR, FABLE, KORE)
_NETWORKS = {spec.files[0].name: spec.voices[0] for spec in _SPECS}

FAMILY = Family(name="hibari", task="speak", recognises=_recognises, load=load, specs=_SPECS)
