"""The smallest random checkpoints of codec language models for synthesis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from audiocli.models.torch_layer import import_transformers
from tiny_speech import LETTERS, Change, unchanged


def csm(folder: Path, change: Change = unchanged) -> Path:
    """Build CSM with four codebooks and a tokenizer of characters."""
    import torch

    transformers = import_transformers()
    torch.manual_seed(0)
    words = ["<|begin_of_text|>", "<|end_of_text|>", "<|AUDIO|>", "<|audio_eos|>"]
    tokenizer = _character_tokenizer(
        words, bos_token=words[0], eos_token=words[1], pad_token=words[1]
    )
    sizes = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "num_codebooks": 4,
        "vocab_size": 32,
    }
    mimi = transformers.MimiConfig(
        sampling_rate=24_000,
        num_filters=4,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        upsampling_ratios=[8, 6, 5, 4],
        upsample_groups=4,
        codebook_size=32,
        codebook_dim=8,
        vector_quantization_hidden_dimension=8,
        num_quantizers=4,
    )
    config = transformers.CsmConfig(
        **sizes,
        text_vocab_size=len(tokenizer),
        codebook_pad_token_id=31,
        codebook_eos_token_id=0,
        bos_token_id=0,
        pad_token_id=1,
        audio_token_id=2,
        audio_eos_token_id=3,
        depth_decoder_config={**sizes, "backbone_hidden_size": 16, "max_position_embeddings": 5},
        codec_config=mimi.to_dict(),
    )
    model = transformers.CsmForConditionalGeneration(config)
    for part in (model.backbone_model, model.depth_decoder, model.lm_head):
        for weights in part.parameters():  # large, so that the input matters
            torch.nn.init.normal_(weights, std=0.5)
    _fill_mimi(model.codec_model)
    change(model)
    model.save_pretrained(folder)
    generation = {"do_sample": True, "max_new_tokens": 125, "depth_decoder_do_sample": True}
    generation |= {"depth_decoder_min_new_tokens": 3, "depth_decoder_max_new_tokens": 3}
    (folder / "generation_config.json").write_text(json.dumps(generation))
    features = transformers.EncodecFeatureExtractor(sampling_rate=24_000)
    transformers.CsmProcessor(features, tokenizer).save_pretrained(folder)
    return folder


def _character_tokenizer(special: list[str], **names: str) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers

    entries = [*special, "<unk>", *LETTERS, *"[]0123456789.,"]
    vocabulary = {entry: number for number, entry in enumerate(entries)}
    characters = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    characters.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    transformers = import_transformers()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=characters, unk_token="<unk>", **names
    )
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    return tokenizer


def _fill_mimi(codec: Any) -> None:
    """Set the codebooks, which are saved as buffers, at random, and make the output loud."""
    import torch

    for quantizer in (
        codec.quantizer.semantic_residual_vector_quantizer,
        codec.quantizer.acoustic_residual_vector_quantizer,
    ):
        for layer in quantizer.layers:
            layer.codebook.embed_sum.normal_()
            layer.codebook.cluster_usage.fill_(1)
    for weights in codec.decoder.parameters():
        torch.nn.init.normal_(weights, std=0.14)


def dia(folder: Path, change: Change = unchanged) -> Path:
    """Build Dia with three codebooks."""
    import torch

    transformers = import_transformers()
    torch.manual_seed(0)
    sizes = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 8,
    }
    config = transformers.DiaConfig(
        encoder_config=sizes,
        decoder_config={
            **sizes,
            "cross_num_attention_heads": 2,
            "cross_num_key_value_heads": 2,
            "cross_head_dim": 8,
            "cross_hidden_size": 16,
            "num_channels": 3,
            "vocab_size": 1028,
        },
        delay_pattern=[0, 2, 3],
    )
    model = transformers.DiaForConditionalGeneration(config)
    for weights in model.parameters():
        torch.nn.init.normal_(weights, std=0.5)
    change(model)
    model.save_pretrained(folder)
    generation = {"do_sample": True, "guidance_scale": 3.0, "temperature": 1.3, "top_k": 45}
    generation |= {"bos_token_id": 1026, "eos_token_id": 1024, "pad_token_id": 1025}
    generation |= {"decoder_start_token_id": 1026, "max_length": 3072}
    (folder / "generation_config.json").write_text(json.dumps(generation))
    transformers.DiaTokenizer().save_pretrained(folder)
    features = transformers.DiaFeatureExtractor(sampling_rate=16_000, hop_length=16)
    features.save_pretrained(folder)
    codec = {"audio_tokenizer_class": "DacModel", "audio_tokenizer_name_or_path": "some/where"}
    (folder / "audio_tokenizer_config.json").write_text(json.dumps(codec))
    return folder


def dac(folder: Path) -> Path:
    """Build a Descript Audio Codec with three codebooks and 16 samples per frame."""
    import torch

    transformers = import_transformers()
    torch.manual_seed(0)
    config = transformers.DacConfig(
        encoder_hidden_size=4,
        decoder_hidden_size=16,
        downsampling_ratios=[4, 4],
        n_codebooks=3,
        codebook_dim=4,
        sampling_rate=16_000,
    )
    model = transformers.DacModel(config)
    for weights in model.parameters():
        torch.nn.init.normal_(weights, std=0.15)
    model.save_pretrained(folder)
    return folder
