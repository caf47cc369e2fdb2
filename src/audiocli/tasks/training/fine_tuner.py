"""Fine-tune an encoder or an adapter on labelled clips, and evaluate it.

Adapters are cross-validated, because the encoder runs only once for each window. For a
whole encoder, this would take one training per fold, so a single fold is held out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audiocli.models.common.fine_tuning import AdapterNetwork, TrainableEncoder
from audiocli.models.common.linear_heads import ClassificationHead
from audiocli.models.common.transformers_encoders import TransformersEncoder
from audiocli.models.protocols.encoders import (
    encode_pooled,
    encode_weighted_layers,
    weighted_layer_sum,
)
from audiocli.tasks.training.clips import EmbeddedClip, LabelledClips
from audiocli.tasks.training.evaluation import best_temperature, evaluate
from audiocli.tasks.training.finetuning import FineTuningOptions, tune
from audiocli.tasks.training.fitting import split_folds, window_weights
from audiocli.tasks.training.head_training import (
    Example,
    TrainingOutcome,
    evaluate_head,
    evaluation_warnings,
    few_folds_warning,
    label_names,
    labelled_clips,
    unseen_examples,
)

Samples = NDArray[np.float32]

_BATCH = 8  # windows encoded together


@dataclass(frozen=True, eq=False)
class AudioExample:
    """An example with the audio of its windows; its clip has no embeddings."""

    example: Example
    windows: tuple[Samples, ...]


@dataclass(frozen=True, eq=False)
class _TrainedNetwork:
    """A trained network, with predictions for its evaluation.

    Attributes
    ----------
    losses : mean loss of each epoch
    folds : number of folds; 1 if a single one was held out, 0 if none
    held_out : clips that were held out
    logits : of the windows of these clips, by networks not trained on them
    """

    network: AdapterNetwork | TrainableEncoder
    losses: list[float]
    folds: int
    held_out: LabelledClips
    logits: Samples


@dataclass(frozen=True, kw_only=True)
class FineTuner:
    """Fine-tune an encoder.

    Attributes
    ----------
    folds : number of folds for an adapter; a whole encoder is trained on all folds but one
    checkpoint, save : see `finetuning.tune`
    """

    encoder: TransformersEncoder
    kind: Literal["adapter", "full"]
    tuning: FineTuningOptions
    balance: bool
    folds: int
    checkpoint: bytes | None
    save: Callable[[bytes], None]

    def train(
        self, audio_examples: Sequence[AudioExample], test: Sequence[AudioExample]
    ) -> TrainingOutcome:
        """Train, calibrate and evaluate a network.

        Raises
        ------
        UsageError : there are fewer than two labels, or the model cannot be fine-tuned
        """
        examples = [one.example for one in audio_examples]
        names = label_names(examples)
        clips = labelled_clips(examples, names)
        warnings = evaluation_warnings(examples, clips)
        trained = (self._train_adapter if self.kind == "adapter" else self._train_whole)(
            audio_examples, clips
        )
        head = trained.network.head()
        validation = None
        if trained.folds:
            held_out = trained.held_out
            head = head.calibrated(best_temperature(held_out, trained.logits))
            validation = evaluate(
                held_out,
                held_out.probabilities(trained.logits, head.temperature),
                held_out.probabilities(trained.logits, 1.0),
            )
            if 1 < trained.folds < self.folds:
                warnings.append(few_folds_warning(trained.folds))
        else:
            warnings.append("too few clips to hold out a fold: the model was not evaluated")
        unseen, test_warnings = unseen_examples(examples, [one.example for one in test], names)
        network = trained.network
        return TrainingOutcome(
            head=head,
            kind=self.kind,
            clips=clips,
            folds=trained.folds or None,
            validation=validation,
            test=self._tested(network, head, test, unseen) if unseen else None,
            warnings=(*warnings, *test_warnings),
            losses=tuple(trained.losses),
            layer_weights=tuple(network.layer_weights())
            if isinstance(network, AdapterNetwork)
            else None,
        )

    def _train_adapter(
        self, audio_examples: Sequence[AudioExample], clips: LabelledClips
    ) -> _TrainedNetwork:
        """Train an adapter on all clips, and one per fold for the evaluation."""
        windows = [window for one in audio_examples for window in one.windows]
        layers = np.stack([self.encoder.pooled_layers([window])[0] for window in windows])

        def trained(
            chosen: LabelledClips, layers: Samples, *checkpointing: Any
        ) -> tuple[AdapterNetwork, Any]:
            self.encoder.torch.manual_seed(self.tuning.seed)
            network = AdapterNetwork(self.encoder.torch, layers, clips.names)
            return network, self._tuned(network, chosen, *checkpointing)

        network, losses = trained(clips, layers, self.checkpoint, self.save)
        folds = split_folds(clips, self.folds, self.tuning.seed)
        logits = np.zeros((len(layers), len(clips.names)), np.float32)
        for train, _ in folds:
            known = np.isin(clips.clip_indices, train)
            other, _ = trained(clips.select(train), layers[known])
            logits[~known] = other.head().logits(
                weighted_layer_sum(layers[~known], other.layer_weights())
            )
        return _TrainedNetwork(network, losses, len(folds), clips, logits)

    def _train_whole(
        self, audio_examples: Sequence[AudioExample], clips: LabelledClips
    ) -> _TrainedNetwork:
        """Train a whole encoder on all folds but one, and evaluate it on that."""
        folds = split_folds(clips, self.folds, self.tuning.seed)
        train, held = folds[0] if folds else (np.arange(len(clips)), np.arange(0))
        self.encoder.torch.manual_seed(self.tuning.seed)
        windows = [window for i in train for window in audio_examples[i].windows]
        network = TrainableEncoder(self.encoder, windows, clips.names)
        losses = self._tuned(network, clips.select(train), self.checkpoint, self.save)
        held_out = self._encoded(network, [audio_examples[i] for i in held], clips.select(held))
        logits = network.head().logits(held_out.vectors) if folds else np.zeros((0, 0), np.float32)
        return _TrainedNetwork(network, losses, min(1, len(folds)), held_out, logits)

    def _tuned(
        self,
        network: AdapterNetwork | TrainableEncoder,
        clips: LabelledClips,
        checkpoint: bytes | None = None,
        save: Callable[[bytes], None] = lambda _: None,
    ) -> list[float]:
        return tune(
            self.encoder.torch,
            network,
            clips.labels[clips.clip_indices],
            window_weights(clips, self.balance),
            self.tuning,
            checkpoint,
            save,
        )

    def _tested(
        self,
        network: AdapterNetwork | TrainableEncoder,
        head: ClassificationHead,
        test: Sequence[AudioExample],
        unseen: Sequence[Example],
    ) -> Any:
        chosen = [one for one in test if one.example in unseen]
        clips = labelled_clips([one.example for one in chosen], head.labels)
        return evaluate_head(head, self._encoded(network, chosen, clips))

    def _encoded(
        self,
        network: AdapterNetwork | TrainableEncoder,
        audio_examples: Sequence[AudioExample],
        clips: LabelledClips,
    ) -> LabelledClips:
        """Return `clips` with their vectors recomputed by the trained network."""
        filled: list[EmbeddedClip] = []
        for one in audio_examples:
            batches = [one.windows[n : n + _BATCH] for n in range(0, len(one.windows), _BATCH)]
            vectors = np.concatenate([self._vectors(network, batch) for batch in batches])
            filled.append(replace(one.example.clip, vectors=vectors))
        return replace(clips, clips=filled)

    def _vectors(
        self, network: AdapterNetwork | TrainableEncoder, windows: Sequence[Samples]
    ) -> Samples:
        if isinstance(network, AdapterNetwork):
            return encode_weighted_layers(self.encoder, windows, network.layer_weights())
        return encode_pooled(self.encoder, windows, None, "mean")
