"""The smallest random checkpoints of audio classifiers and encoders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

LABELS = {0: "angry", 1: "happy", 2: "sad"}
TINY = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "id2label": LABELS,
    "label2id": {label: index for index, label in LABELS.items()},
}
CONVOLUTIONS = {
    "conv_dim": (8, 8, 8),
    "conv_kernel": (10, 3, 3),
    "conv_stride": (5, 8, 8),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "classifier_proj_size": 8,
}
XLS_R = {"do_stable_layer_norm": True, "feat_extract_norm": "layer"}


def wav2vec2_like(name: str, **config: Any) -> Callable[[Any], tuple[Any, Any]]:
    """Return a function that builds a tiny model and its feature extractor."""

    def make(transformers: Any) -> tuple[Any, Any]:
        settings = getattr(transformers, f"{name}Config")(**TINY, **CONVOLUTIONS, **config)
        model = getattr(transformers, f"{name}ForSequenceClassification")(settings)
        normed = config.get("feat_extract_norm") == "layer"
        return model, transformers.Wav2Vec2FeatureExtractor(return_attention_mask=normed)

    return make


def ast(transformers: Any) -> tuple[Any, Any]:
    settings = transformers.ASTConfig(
        **TINY,
        max_length=128,
        num_mel_bins=32,
        patch_size=16,
        problem_type="multi_label_classification",
    )
    extractor = transformers.ASTFeatureExtractor(max_length=128, num_mel_bins=32)
    return transformers.ASTForAudioClassification(settings), extractor


def whisper(transformers: Any) -> tuple[Any, Any]:
    settings = transformers.WhisperConfig(
        d_model=16,
        encoder_layers=2,
        encoder_attention_heads=2,
        encoder_ffn_dim=24,
        decoder_layers=1,
        decoder_attention_heads=2,
        decoder_ffn_dim=24,
        vocab_size=60,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
        id2label=LABELS,
        label2id=TINY["label2id"],
    )
    return transformers.WhisperForAudioClassification(
        settings
    ), transformers.WhisperFeatureExtractor()


MAKERS = {
    "wav2vec2": wav2vec2_like("Wav2Vec2"),
    "xls-r": wav2vec2_like("Wav2Vec2", **XLS_R),
    "hubert": wav2vec2_like("Hubert"),
    "wavlm": wav2vec2_like("WavLM"),
    "ast": ast,
    "whisper": whisper,
}


def saved(maker: Callable[[Any], tuple[Any, Any]], transformers: Any, folder: Path) -> Path:
    """Save a model in the layout of the hub."""
    model, extractor = maker(transformers)
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    return folder


def clap(transformers: Any, folder: Path) -> Path:
    """Build a tiny CLAP with both towers."""
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    for code in range(256):
        vocabulary[chr(code + 256) if chr(code).isspace() else chr(code)] = len(vocabulary)
    transformers.RobertaTokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)
    text = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 24,
        "vocab_size": len(vocabulary),
        "max_position_embeddings": 128,
        "projection_dim": 16,
    }
    audio = {
        "hidden_size": 64,
        "patch_embeds_hidden_size": 8,
        "depths": [1, 1, 1, 1],
        "num_attention_heads": [1, 1, 2, 2],
        "num_hidden_layers": 4,
        "projection_dim": 16,
    }
    config = transformers.ClapConfig(text_config=text, audio_config=audio, projection_dim=16)
    transformers.ClapModel(config).save_pretrained(folder)
    transformers.ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad").save_pretrained(
        folder
    )
    return folder
