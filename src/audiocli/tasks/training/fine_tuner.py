"""From labelled clips to a network that was fine-tuned, and to what it is worth.

The encoder of an adapter runs once for each window, so its folds cost little. Of a whole
encoder they would cost as many trainings, so one part of the clips is held out.
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

_BATCH = 8  # windows encoded at once


@dataclass(frozen=True, eq=False)
class AudioExample:
    """An example with the sound of its windows; its clip has no vectors yet."""

    example: Example
    windows: tuple[Samples, ...]


@dataclass(frozen=True, eq=False)
class _TrainedNetwork:
    """A network, and what it is judged by.

    Attributes
    ----------
    folds : of the cross-validation; 1 where a single part was held out, 0 where none could be
    judged : the clips held out
    logits : of the windows of the judged clips, by networks that had not heard them
    """

    network: AdapterNetwork | TrainableEncoder
    losses: list[float]
    folds: int
    judged: LabelledClips
    logits: Samples


@dataclass(frozen=True, kw_only=True)
class FineTuner:
    """An encoder that can be trained, and how.

    Attributes
    ----------
    folds : parts that an adapter is cross-validated by; of a whole encoder one is held out
    checkpoint, save : see `finetuning.tune`
    """

    encoder: TransformersEncoder
    kind: Literal["adapter", "full"]
    tuning: FineTuningOptions
    balance: bool
    folds: int
    checkpoint: bytes | None
    save: Callable[[bytes], None]

    def train(self, heard: Sequence[AudioExample], test: Sequence[AudioExample]) -> TrainingOutcome:
        """Train, hold a part out, calibrate, test.

        Raises
        ------
        UsageError : there are no two labels, or the model cannot be trained so
        """
        examples = [one.example for one in heard]
        names = label_names(examples)
        clips = labelled_clips(examples, names)
        warnings = evaluation_warnings(examples, clips)
        trained = (self._adapted if self.kind == "adapter" else self._refined)(heard, clips)
        head = trained.network.head()
        validation = None
        if trained.folds:
            judged = trained.judged
            head = head.calibrated(best_temperature(judged, trained.logits))
            validation = evaluate(
                judged,
                judged.probabilities(trained.logits, head.temperature),
                judged.probabilities(trained.logits, 1.0),
            )
            if 1 < trained.folds < self.folds:
                warnings.append(few_folds_warning(trained.folds))
        else:
            warnings.append("nothing could be held out: nothing can be said of how well it does")
        apart, left_out = unseen_examples(examples, [one.example for one in test], names)
        network = trained.network
        return TrainingOutcome(
            head=head,
            kind=self.kind,
            clips=clips,
            folds=trained.folds or None,
            validation=validation,
            test=self._tested(network, head, test, apart) if apart else None,
            warnings=(*warnings, *left_out),
            losses=tuple(trained.losses),
            layer_weights=tuple(network.layer_weights())
            if isinstance(network, AdapterNetwork)
            else None,
        )

    def _adapted(self, heard: Sequence[AudioExample], clips: LabelledClips) -> _TrainedNetwork:
        """Train an adapter on all clips, and one for each fold to judge by."""
        windows = [window for one in heard for window in one.windows]
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
        for learned, _ in folds:
            known = np.isin(clips.clip_indices, learned)
            other, _ = trained(clips.select(learned), layers[known])
            logits[~known] = other.head().logits(
                weighted_layer_sum(layers[~known], other.layer_weights())
            )
        return _TrainedNetwork(network, losses, len(folds), clips, logits)

    def _refined(self, heard: Sequence[AudioExample], clips: LabelledClips) -> _TrainedNetwork:
        """Train a whole encoder on all clips but one part, to judge by that."""
        folds = split_folds(clips, self.folds, self.tuning.seed)
        learned, held = folds[0] if folds else (np.arange(len(clips)), np.arange(0))
        self.encoder.torch.manual_seed(self.tuning.seed)
        windows = [window for i in learned for window in heard[i].windows]
        network = TrainableEncoder(self.encoder, windows, clips.names)
        losses = self._tuned(network, clips.select(learned), self.checkpoint, self.save)
        judged = self._encoded(network, [heard[i] for i in held], clips.select(held))
        logits = network.head().logits(judged.vectors) if folds else np.zeros((0, 0), np.float32)
        return _TrainedNetwork(network, losses, min(1, len(folds)), judged, logits)

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
        apart: Sequence[Example],
    ) -> Any:
        chosen = [one for one in test if one.example in apart]
        clips = labelled_clips([one.example for one in chosen], head.labels)
        return evaluate_head(head, self._encoded(network, chosen, clips))

    def _encoded(
        self,
        network: AdapterNetwork | TrainableEncoder,
        heard: Sequence[AudioExample],
        clips: LabelledClips,
    ) -> LabelledClips:
        """Give clips the vectors that `classify` will see."""
        filled: list[EmbeddedClip] = []
        for one in heard:
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
