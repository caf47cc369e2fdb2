"""The smallest random checkpoints of speech synthesizers, as their libraries save them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from audiocli.models.torch_layer import import_transformers

LETTERS = "abcdefghijklmnopqrstuvwxyz '"
Change = Callable[[Any], None]  # changes the weights of a model before they are saved


def unchanged(_: Any) -> None:
    """Keep the random weights."""


def again(part: Callable[[Any], Any]) -> Change:
    """Set the weights of one part at random again and keep the others."""

    def change(model: Any) -> None:
        import torch

        torch.manual_seed(99)
        with torch.no_grad():
            for weights in part(model).parameters():
                weights.copy_(torch.randn_like(weights) * 0.5)

    return change


def vits(folder: Path, change: Change = unchanged, **tokenizer: Any) -> Path:
    """Build VITS; a character lasts 5 frames of 16 samples unless `change` does more."""
    import torch

    transformers = import_transformers()
    torch.manual_seed(0)
    config = transformers.VitsConfig(
        vocab_size=len(LETTERS) + 1,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        ffn_dim=16,
        flow_size=16,
        spectrogram_bins=9,
        use_stochastic_duration_prediction=False,
        prior_encoder_num_flows=1,
        prior_encoder_num_wavenet_layers=1,
        posterior_encoder_num_wavenet_layers=1,
        duration_predictor_filter_channels=8,
        upsample_initial_channel=16,
        upsample_rates=[4, 4],
        upsample_kernel_sizes=[8, 8],
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1]],
        sampling_rate=16_000,
    )
    model = transformers.VitsModel(config)
    durations = model.duration_predictor.proj
    torch.nn.init.zeros_(durations.weight)
    torch.nn.init.constant_(durations.bias, float(np.log(4.5)))  # rounded up
    torch.nn.init.normal_(model.decoder.conv_post.weight, std=5.0)
    change(model)
    model.save_pretrained(folder)
    vocabulary = {letter: n for n, letter in enumerate(["<pad>", *LETTERS])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    options = {"phonemize": False, "pad_token": "<pad>", "unk_token": "<pad>", **tokenizer}
    transformers.VitsTokenizer(folder / "vocab.json", **options).save_pretrained(folder)
    return folder


def speecht5(folder: Path, change: Change = unchanged, speaker_size: int = 4) -> Path:
    """Build SpeechT5 with a tokenizer of characters."""
    import sentencepiece
    import torch

    transformers = import_transformers()
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "text"
    text.write_text("\n".join([LETTERS, "the quick brown fox jumps over the lazy dog"] * 20))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "spm_char"),
        vocab_size=34,
        model_type="char",
        hard_vocab_limit=False,
        pad_id=1,
        bos_id=0,
        eos_id=2,
        unk_id=3,
        minloglevel=2,
    )
    tokenizer = transformers.SpeechT5Tokenizer(str(folder / "spm_char.model"))
    tokenizer.save_pretrained(folder)
    config = transformers.SpeechT5Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        encoder_layers=1,
        encoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_layers=1,
        decoder_attention_heads=2,
        decoder_ffn_dim=16,
        conv_dim=(16,),
        conv_stride=(2,),
        conv_kernel=(3,),
        num_feat_extract_layers=1,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        speech_decoder_prenet_units=16,
        speech_decoder_postnet_units=16,
        speech_decoder_postnet_layers=2,
        num_mel_bins=8,
        speaker_embedding_dim=speaker_size,
    )
    model = transformers.SpeechT5ForTextToSpeech(config)
    torch.nn.init.normal_(model.speech_decoder_postnet.feat_out.weight)
    change(model)
    model.save_pretrained(folder)
    return folder


def xvector(folder: Path, dimension: int = 8) -> Path:
    """Build a narrow speechbrain/spkrec-xvect-voxceleb, as its library saves it."""
    import torch

    draw = np.random.default_rng(0).standard_normal
    weights = {}
    sizes = (24, 8, 8, 8, 8, 12)
    for block, (entering, leaving, width) in enumerate(
        zip(sizes[:-1], sizes[1:], (5, 3, 3, 1, 1), strict=True)
    ):
        weights[f"blocks.{3 * block}.conv.weight"] = draw((leaving, entering, width)) * 0.1
        weights[f"blocks.{3 * block}.conv.bias"] = draw(leaving)
        norm = f"blocks.{3 * block + 2}.norm"
        for name in ("weight", "bias", "running_mean"):
            weights[f"{norm}.{name}"] = draw(leaving)
        weights[f"{norm}.running_var"] = draw(leaving) ** 2 + 0.5
    weights["blocks.16.w.weight"] = draw((dimension, 24))
    weights["blocks.16.w.bias"] = draw(dimension)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: torch.tensor(array, dtype=torch.float32) for name, array in weights.items()}
    torch.save(tensors, folder / "embedding_model.ckpt")
    (folder / "config.json").write_text('{"speechbrain_interface": "EncoderClassifier"}')
    return folder


def hifi_gan(folder: Path) -> Path:
    """Build a HiFi-GAN that maps a frame of 8 mel bins to 16 samples."""
    import torch

    transformers = import_transformers()
    torch.manual_seed(0)
    config = transformers.SpeechT5HifiGanConfig(
        model_in_dim=8,
        sampling_rate=16_000,
        upsample_initial_channel=16,
        upsample_rates=[4, 4],
        upsample_kernel_sizes=[8, 8],
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1]],
        normalize_before=False,
    )
    model = transformers.SpeechT5HifiGan(config)
    for weights in model.parameters():  # loud, or the output would count as silence
        torch.nn.init.normal_(weights, std=0.5)
    model.save_pretrained(folder)
    return folder


def encodec_config(**options: Any) -> Any:
    """Return an EnCodec with 8 codebooks of 16 entries and 16 samples per frame."""
    return import_transformers().EncodecConfig(
        **{
            "sampling_rate": 24_000,
            "target_bandwidths": [6.0, 24.0, 48.0],  # 1, 4 and 8 codebooks of 6 kbit/s
            "codebook_size": 16,
            "codebook_dim": 8,
            "hidden_size": 8,
            "num_filters": 2,
            "upsampling_ratios": [4, 4],
            "num_lstm_layers": 1,
            **options,
        }
    )


def encodec(folder: Path, **options: Any) -> Path:
    """Build EnCodec."""
    import torch

    transformers = import_transformers()
    torch.manual_seed(0)
    model = transformers.EncodecModel(encodec_config(**options))
    _fill_codebooks(model)
    model.save_pretrained(folder)
    return folder


def _fill_codebooks(model: Any) -> None:
    import torch

    for layer in model.quantizer.layers:  # saved as buffers, all zero
        layer.codebook.embed.copy_(torch.randn_like(layer.codebook.embed))


_BARK_GENERATION = {
    "model_type": "bark",
    "semantic_config": {
        "max_new_tokens": 12,
        "min_new_tokens": 12,
        "do_sample": True,
        "eos_token_id": 40,
        "text_encoding_offset": 0,
        "text_pad_token": 41,
        "semantic_pad_token": 40,
        "semantic_vocab_size": 40,
        "semantic_infer_token": 42,
        "max_input_semantic_length": 16,
        "semantic_rate_hz": 50,
    },
    "coarse_acoustics_config": {
        "do_sample": True,
        "coarse_semantic_pad_token": 90,
        "coarse_infer_token": 91,
        "coarse_rate_hz": 75,
        "n_coarse_codebooks": 2,
        "max_coarse_input_length": 16,
        "max_coarse_history": 16,
        "sliding_window_len": 8,
    },
    "fine_acoustics_config": {
        "temperature": 0.5,
        "max_fine_input_length": 32,
        "max_fine_history_length": 16,
        "n_fine_codebooks": 8,
    },
    "codebook_size": 16,
}


def bark(folder: Path, change: Change = unchanged) -> Path:
    """Build Bark with its three stages, its codec and one voice."""
    import torch

    transformers = import_transformers()
    torch.manual_seed(0)
    sizes = {"num_layers": 1, "num_heads": 2, "hidden_size": 16, "block_size": 64, "bias": False}
    config = transformers.BarkConfig(
        semantic_config={**sizes, "input_vocab_size": 64, "output_vocab_size": 48},
        coarse_acoustics_config={**sizes, "input_vocab_size": 100, "output_vocab_size": 100},
        fine_acoustics_config={
            **sizes,
            "input_vocab_size": 17,
            "output_vocab_size": 17,
            "n_codes_total": 8,
            "n_codes_given": 1,
        },
        codec_config=encodec_config().to_dict(),
    )
    model = transformers.BarkModel(config)
    for stage in (model.semantic, model.coarse_acoustics, model.fine_acoustics):
        for weights in stage.parameters():  # large, so that the input matters
            torch.nn.init.normal_(weights, std=0.5)
    _fill_codebooks(model.codec_model)
    torch.nn.init.zeros_(model.codec_model.decoder.layers[-1].conv.bias)  # avoids clipping
    change(model)
    model.save_pretrained(folder)
    (folder / "generation_config.json").write_text(json.dumps(_BARK_GENERATION))
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "there", "."]
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizer(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    _save_voice(folder)
    return folder


def _save_voice(folder: Path) -> None:
    draw = np.random.default_rng(0).integers
    prompts = {
        "semantic_prompt": draw(0, 40, 12),
        "coarse_prompt": draw(0, 16, (2, 18)),
        "fine_prompt": draw(0, 16, (8, 18)),
    }
    (folder / "speaker_embeddings").mkdir()
    for name, prompt in prompts.items():
        np.save(folder / "speaker_embeddings" / f"one_{name}.npy", prompt)
    paths = {name: f"speaker_embeddings/one_{name}.npy" for name in prompts}
    index = {"repo_or_path": "somewhere/else", "one": paths}
    (folder / "speaker_embeddings_path.json").write_text(json.dumps(index))
