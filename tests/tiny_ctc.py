"""The smallest random CTC checkpoint of each architecture, as transformers saves it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from audiocli.models.torch_layer import import_transformers

LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"etaonihsrdlum'"]
_TINY = {
    "vocab_size": len(LETTERS),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "pad_token_id": 0,
    "hidden_dropout": 0.0,
}
_CONVOLUTIONS = {
    "conv_dim": (8, 8, 8),
    "conv_kernel": (10, 3, 3),
    "conv_stride": (5, 8, 8),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
_NORMED = {"do_stable_layer_norm": True, "feat_extract_norm": "layer"}
# Name in transformers, and the differences of its configuration from the one above.
ARCHITECTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "wav2vec2": ("Wav2Vec2", _CONVOLUTIONS),
    "xls-r": ("Wav2Vec2", _CONVOLUTIONS | _NORMED),
    "hubert": ("Hubert", _CONVOLUTIONS | _NORMED),
    "wavlm": ("WavLM", _CONVOLUTIONS | _NORMED),
    "conformer": ("Wav2Vec2Conformer", _CONVOLUTIONS | _NORMED),
    "unispeech-sat": ("UniSpeechSat", _CONVOLUTIONS | _NORMED),
    "wav2vec2-bert": ("Wav2Vec2Bert", {"feature_projection_input_dim": 160}),
}


def save(folder: Path, kind: str, seed: int = 0, **changes: Any) -> Path:
    """Save a model of an architecture with its feature extractor and vocabulary."""
    transformers: Any = import_transformers()
    name, settings = ARCHITECTURES[kind]
    transformers.set_seed(seed)
    config = getattr(transformers, f"{name}Config")(**{**_TINY, **settings, **changes})
    model = getattr(transformers, f"{name}ForCTC")(config)
    extractor = extractor_of(transformers, kind)
    inputs = extractor(noise(), sampling_rate=16_000, return_tensors="pt")
    make_lively(model, model.lm_head, inputs[model.main_input_name])
    model.lm_head.bias.data[1:4] = -1000.0  # special tokens, which only transformers prints
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({name: n for n, name in enumerate(LETTERS)}))
    transformers.Wav2Vec2CTCTokenizer(folder / "vocab.json").save_pretrained(folder)
    return folder


def phonemes(folder: Path) -> Path:
    """Save a model whose tokens are phonemes of espeak."""
    save(folder, "xls-r")
    sounds = [*LETTERS[:5], *"ətnkɪsɛlðdmæpɹ"]
    (folder / "vocab.json").write_text(json.dumps({sound: n for n, sound in enumerate(sounds)}))
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["tokenizer_class"] = "Wav2Vec2PhonemeCTCTokenizer"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def noise() -> np.ndarray:
    """Return three seconds of modulated noise."""
    return np.random.default_rng(0).normal(size=48_000) * np.repeat(np.arange(100) % 5, 480)


def extractor_of(transformers: Any, kind: str) -> Any:
    """Return the feature extractor of an architecture."""
    if kind == "wav2vec2-bert":
        return transformers.SeamlessM4TFeatureExtractor()
    masked = ARCHITECTURES[kind][1].get("feat_extract_norm") == "layer"
    return transformers.Wav2Vec2FeatureExtractor(return_attention_mask=masked)


def make_lively(model: Any, head: Any, inputs: Any) -> None:
    """Set the head at random so that all tokens have about the same mean probability."""
    import torch

    torch.nn.init.normal_(head.weight, std=3.0)
    torch.nn.init.zeros_(head.bias)
    with torch.no_grad():
        logits = model.eval()(inputs).logits[0]
        head.bias -= logits.mean(0).view(head.bias.shape)
        head.weight /= logits.std(0).view(-1, *[1] * (head.weight.ndim - 1))
        head.bias /= logits.std(0)


def parakeet(folder: Path) -> Path:
    """Build Parakeet with a vocabulary of word pieces followed by the blank."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    transformers: Any = import_transformers()
    transformers.set_seed(0)
    pieces = ["<unk>", "▁", "▁the", "▁a", "▁o", "▁in", "▁h", "▁s", *"etaonih"]
    tokenizer = Tokenizer(models.Unigram([(piece, -float(n)) for n, piece in enumerate(pieces)], 0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens([AddedToken("<pad>", special=True)])
    transformers.ParakeetTokenizer(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>"
    ).save_pretrained(folder)
    config = transformers.ParakeetCTCConfig(
        vocab_size=len(pieces) + 1,
        pad_token_id=len(pieces),
        encoder_config={
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 24,
            "subsampling_conv_channels": 8,
            "num_mel_bins": 80,
        },
    )
    model = transformers.ParakeetForCTC(config)
    extractor = transformers.ParakeetFeatureExtractor(feature_size=80)
    inputs = extractor(noise(), sampling_rate=16_000, return_tensors="pt")
    make_lively(model, model.ctc_head, inputs["input_features"])
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    return folder
