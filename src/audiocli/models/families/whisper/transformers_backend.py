"""Whisper on transformers, for all devices of torch, and checkpoints that do not convert."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from audiocli.errors import ModelUnavailable, UsageError
from audiocli.models.base import TORCH_COMPUTE_TYPES, DeviceOptions
from audiocli.models.families.whisper.backend import (
    DecodedTokens,
    EncoderOutput,
    Features,
    TokenAlignment,
)
from audiocli.models.families.whisper.conversion import WEIGHTS
from audiocli.models.families.whisper.dtw import token_path
from audiocli.models.families.whisper.tokenizer import WhisperTokenizer
from audiocli.models.torch_layer import (
    import_torch,
    import_transformers,
    pick_device,
    pretrained,
    set_threads,
)


class TransformersWhisper:
    """A transformers checkpoint; implements `WhisperBackend`.

    Raises
    ------
    ModelUnavailable : the model is in CTranslate2 format only
    UsageError : the compute type is not supported
    """

    workers = 1

    def __init__(
        self, folder: Path, device_options: DeviceOptions, tokenizer: WhisperTokenizer
    ) -> None:
        self._torch: Any = import_torch(verbose=device_options.library_messages)
        transformers: Any = import_transformers(verbose=device_options.library_messages)
        self._device = pick_device(device_options.device)
        set_threads(device_options)
        model = pretrained(
            transformers.WhisperForConditionalGeneration,
            folder,
            dtype=getattr(self._torch, _precision(device_options, self._device)),
            attn_implementation="eager",  # the only one that returns attention weights
        )
        self._model: Any = model.to(self._device).eval()
        self._tokenizer = tokenizer
        self._lock = Lock()  # torch uses all threads for one batch
        # The generic beam search; that of Whisper also handles prompts, windows and timestamps.
        self._search = partial(transformers.GenerationMixin.generate, self._model)
        self.n_mels: int = model.config.num_mel_bins
        self.is_multilingual: bool = model.config.vocab_size >= 51865

    def encode(self, features: Sequence[Features]) -> EncoderOutput:
        """Run the encoder on input of any length; its `forward` accepts only 30 s."""
        torch, encoder = self._torch, self._model.model.encoder
        with self._lock, torch.inference_mode():
            hidden = self._tensor(np.stack(features))
            for convolution in (encoder.conv1, encoder.conv2):
                hidden = torch.nn.functional.gelu(convolution(hidden))
            hidden = hidden.permute(0, 2, 1)
            hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
            for layer in encoder.layers:
                hidden = layer(hidden, None)
                hidden = hidden[0] if isinstance(hidden, tuple) else hidden
            encoded: EncoderOutput = _array(encoder.layer_norm(hidden))
        return encoded

    def detect_language(self, encoded: EncoderOutput) -> list[dict[str, float]]:
        """Return the probability of each language, for each chunk."""
        codes = self._tokenizer.languages
        first = self._tokenizer.start + 1
        starts = [[self._tokenizer.start]] * len(encoded)
        logits = self._run(encoded, starts).logits[:, 0, first : first + len(codes)]
        return [dict(zip(codes, map(float, row), strict=True)) for row in _softmax(logits)]

    def generate(
        self,
        encoded: EncoderOutput,
        prompts: Sequence[Sequence[int]],
        *,
        beam_size: int,
        max_tokens: int,
    ) -> list[DecodedTokens]:
        """Decode each chunk after its prompt."""
        remaining = self._model.config.max_target_positions - len(prompts[0])
        with self._lock, self._torch.inference_mode():
            sequences = self._search(
                encoder_outputs=self._outputs(encoded),
                decoder_input_ids=self._ids(prompts),
                num_beams=beam_size,
                do_sample=False,
                max_new_tokens=min(max_tokens, remaining),
                eos_token_id=self._tokenizer.end,
                pad_token_id=self._tokenizer.end,
            )
        return self._scored(encoded, sequences.tolist(), len(prompts[0]))

    def align(
        self, encoded: EncoderOutput, start: Sequence[int], text: Sequence[int], frames: int
    ) -> TokenAlignment:
        """Align the tokens of a text with the audio by the alignment heads."""
        end = self._tokenizer.end
        ids = [*start, self._tokenizer.no_timestamps, *text, end]
        found = self._run(encoded, [ids], output_attentions=True)
        heads = np.stack([_array(found.cross_attentions[n][0, h]) for n, h in self._heads()])
        rows = slice(len(start), len(start) + len(text) + 1)  # each row predicts the next token
        chances = _softmax(found.logits[0, rows, :end])
        known = [float(chances[n, t]) if t < end else 0.0 for n, t in enumerate(text)]
        return TokenAlignment(token_path(heads[:, :, : frames // 2], rows), known)

    def _heads(self) -> list[tuple[int, int]]:
        """Return (layer, head) of the alignment heads; by default all of the upper half."""
        known = getattr(self._model.generation_config, "alignment_heads", None)
        layers = self._model.config.decoder_layers
        heads = range(self._model.config.decoder_attention_heads)
        return known or [(n, head) for n in range(layers // 2, layers) for head in heads]

    def _scored(
        self, encoded: EncoderOutput, sequences: Sequence[Sequence[int]], prompt: int
    ) -> list[DecodedTokens]:
        """Compute the mean log probability of sequences and the no-speech probability."""
        end = self._tokenizer.end
        logits = self._run(encoded, sequences).logits
        written = []
        for row, sequence in zip(logits, sequences, strict=True):
            text = list(sequence[prompt:])
            text = text[: text.index(end) + 1] if end in text else text
            probabilities = _softmax(row[prompt - 1 : prompt - 1 + len(text)])
            total = sum(
                float(np.log(probabilities[n, token] + 1e-30)) for n, token in enumerate(text)
            )
            tokens = [token for token in text if token != end]
            begin = list(sequence).index(self._tokenizer.start)
            silence = float(_softmax(row[begin])[self._tokenizer.no_speech_prob])
            written.append(DecodedTokens(tokens, total / max(1, len(tokens)), silence))
        return written

    def _run(self, encoded: EncoderOutput, ids: Sequence[Sequence[int]], **options: Any) -> Any:
        with self._lock, self._torch.inference_mode():
            return self._model(
                encoder_outputs=self._outputs(encoded), decoder_input_ids=self._ids(ids), **options
            )

    def _outputs(self, encoded: EncoderOutput) -> Any:
        from transformers.modeling_outputs import BaseModelOutput

        return BaseModelOutput(last_hidden_state=self._tensor(encoded))

    def _tensor(self, array: Any) -> Any:
        return self._torch.from_numpy(array).to(self._device, self._model.dtype)

    def _ids(self, ids: Sequence[Sequence[int]]) -> Any:
        return self._torch.tensor([list(row) for row in ids], device=self._device)


def checked(folder: Path) -> Path:
    """Return the folder if transformers can load it.

    Raises
    ------
    ModelUnavailable : the model is in CTranslate2 format only
    """
    if (folder / WEIGHTS).exists():
        raise ModelUnavailable(
            f"{folder.name} is in CTranslate2 format, which transformers cannot load",
            "choose a transformers checkpoint with --model, such as openai/whisper-base",
        )
    return folder


def _precision(device_options: DeviceOptions, device: str) -> str:
    if device_options.compute_type == "default":
        return "float16" if device.startswith("cuda") else "float32"
    if device_options.compute_type not in TORCH_COMPUTE_TYPES:
        raise UsageError(
            f"--backend transformers does not compute in {device_options.compute_type}",
            f"one of: {', '.join(TORCH_COMPUTE_TYPES)}",
        )
    return device_options.compute_type


def _array(tensor: Any) -> Any:
    return tensor.float().cpu().numpy()


def _softmax(logits: Any) -> Any:
    return _array(logits.float().softmax(-1))
