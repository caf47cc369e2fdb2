"""From labelled clips to a network that was fine-tuned, and to what it is worth.

Folds would cost as many trainings, so one part of the clips is held out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audiocli.models.encoders import encode_mixed, encode_pooled
from audiocli.models.heads import Head
from audiocli.models.transformers_encoders import TransformersEncoder
from audiocli.models.tuning import Adapter, Whole
from audiocli.tasks.training.clips import Clip, Clips
from audiocli.tasks.training.finetuning import Tuning, tune
from audiocli.tasks.training.fitting import folds_of, weights_of
from audiocli.tasks.training.judging import best_temperature, evaluation
from audiocli.tasks.training.learning import (
    Example,
    Learned,
    cautions_of,
    clips_of,
    kept_apart,
    names_of,
    tested,
)

Samples = NDArray[np.float32]

_BATCH = 8  # windows encoded at once


@dataclass(frozen=True, eq=False)
class Heard:
    """An example with the sound of its windows; its clip has no vectors yet."""

    example: Example
    windows: tuple[Samples, ...]


@dataclass(frozen=True, kw_only=True)
class FineTuner:
    """An encoder that can be trained, and how.

    Attributes
    ----------
    folds : one of so many parts is held out
    checkpoint, save : see `finetuning.tune`
    """

    encoder: TransformersEncoder
    kind: Literal["adapter", "full"]
    tuning: Tuning
    balance: bool
    folds: int
    checkpoint: bytes | None
    save: Callable[[bytes], None]

    def learn(self, heard: Sequence[Heard], test: Sequence[Heard]) -> Learned:
        """Train, hold a part out, calibrate, test.

        Raises
        ------
        UsageError : there are no two labels, or the model cannot be trained so
        """
        examples = [one.example for one in heard]
        names = names_of(examples)
        clips = clips_of(examples, names)
        cautions = cautions_of(examples, clips)
        learned, held = self._divided(clips)
        network, losses = self._trained([heard[i] for i in learned], clips.chosen(learned), names)
        head = network.head()
        validation = None
        if len(held):
            judged = self._encoded(network, [heard[i] for i in held], clips.chosen(held))
            logits = head.logits(judged.vectors)
            head = head.calibrated(best_temperature(judged, logits))
            validation = evaluation(
                judged,
                judged.probabilities(logits, head.temperature),
                judged.probabilities(logits, 1.0),
            )
        else:
            cautions.append("nothing could be held out: nothing can be said of how well it does")
        apart, left_out = kept_apart(examples, [one.example for one in test], names)
        return Learned(
            head=head,
            kind=self.kind,
            clips=clips,
            folds=1 if validation else None,
            validation=validation,
            test=self._tested(network, head, test, apart) if apart else None,
            cautions=(*cautions, *left_out),
            losses=tuple(losses),
            layer_weights=tuple(network.layer_weights()) if isinstance(network, Adapter) else None,
        )

    def _divided(self, clips: Clips) -> tuple[NDArray[Any], NDArray[Any]]:
        """Indices of the clips to learn from, and of those held out."""
        folds = folds_of(clips, self.folds, self.tuning.seed)
        return folds[0] if folds else (np.arange(len(clips)), np.arange(0))

    def _trained(
        self, heard: Sequence[Heard], clips: Clips, names: tuple[str, ...]
    ) -> tuple[Adapter | Whole, list[float]]:
        self.encoder.torch.manual_seed(self.tuning.seed)
        make = Adapter if self.kind == "adapter" else Whole
        network = make(self.encoder, [w for one in heard for w in one.windows], names)
        losses = tune(
            self.encoder.torch,
            network,
            clips.labels[clips.owners],
            weights_of(clips, self.balance),
            self.tuning,
            self.checkpoint,
            self.save,
        )
        return network, losses

    def _tested(
        self, network: Adapter | Whole, head: Head, test: Sequence[Heard], apart: Sequence[Example]
    ) -> Any:
        chosen = [one for one in test if one.example in apart]
        clips = clips_of([one.example for one in chosen], head.labels)
        return tested(head, self._encoded(network, chosen, clips))

    def _encoded(self, network: Adapter | Whole, heard: Sequence[Heard], clips: Clips) -> Clips:
        """Give clips the vectors that `classify` will see."""
        filled: list[Clip] = []
        for one in heard:
            batches = [one.windows[n : n + _BATCH] for n in range(0, len(one.windows), _BATCH)]
            vectors = np.concatenate([self._vectors(network, batch) for batch in batches])
            filled.append(replace(one.example.clip, vectors=vectors))
        return replace(clips, clips=filled)

    def _vectors(self, network: Adapter | Whole, windows: Sequence[Samples]) -> Samples:
        if isinstance(network, Adapter):
            return encode_mixed(self.encoder, windows, network.layer_weights())
        return encode_pooled(self.encoder, windows, None, "mean")
