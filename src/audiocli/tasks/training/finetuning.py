"""Training loop for fine-tuning, resumable from checkpoints.

All randomness of a step depends on the seed and the step number. A checkpoint consists of
the weights, the state of the optimiser and the losses, so a resumed training gives the
same result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from audiocli.errors import UsageError


class TrainableNetwork(Protocol):
    """A network to train.

    Attributes
    ----------
    module : torch module with the parameters
    """

    module: Any

    def logits(self, numbers: list[int]) -> Any:
        """Return the logits of windows by their numbers: shape (windows, labels)."""
        ...


@dataclass(frozen=True, kw_only=True)
class FineTuningOptions:
    """Options of a fine-tuning.

    Attributes
    ----------
    epochs : passes over all windows
    batch_size : windows per step
    learning_rate : initial rate; it decreases linearly to zero
    checkpoint_steps : steps between checkpoints
    fingerprint : identifies the clips, the model and the options; checkpoints with another
        fingerprint are rejected
    """

    epochs: int
    learning_rate: float
    seed: int
    fingerprint: str
    batch_size: int = 16
    checkpoint_steps: int = 20


def tune(
    torch: Any,
    network: TrainableNetwork,
    labels: NDArray[np.int_],
    weights: NDArray[np.float64],
    tuning: FineTuningOptions,
    checkpoint: bytes | None,
    save: Callable[[bytes], None],
) -> list[float]:
    """Train a network; return the mean loss of each epoch.

    Parameters
    ----------
    labels, weights : of each window
    checkpoint : state to resume from
    save : write a checkpoint, replacing the previous one

    Raises
    ------
    UsageError : the checkpoint belongs to another training
    """
    parameters = [p for p in network.module.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=tuning.learning_rate)
    device = parameters[0].device
    targets = torch.tensor(labels, device=device)
    importance = torch.tensor(weights, dtype=torch.float32, device=device)
    steps = math.ceil(len(labels) / tuning.batch_size)
    losses = _restored(torch, network, optimiser, tuning, checkpoint) if checkpoint else []
    network.module.train()
    for step in range(len(losses), tuning.epochs * steps):
        _seed(torch, tuning.seed, step)
        numbers = _batch(len(labels), step, steps, tuning)
        optimiser.param_groups[0]["lr"] = tuning.learning_rate * (
            1 - step / (tuning.epochs * steps)
        )
        optimiser.zero_grad()
        each = torch.nn.functional.cross_entropy(
            network.logits(numbers), targets[numbers], reduction="none"
        )
        loss = (each * importance[numbers]).mean()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        if len(losses) % tuning.checkpoint_steps == 0:
            save(_written(torch, network, optimiser, tuning, losses))
    network.module.eval()
    return [float(np.mean(losses[n : n + steps])) for n in range(0, len(losses), steps)]


def _batch(count: int, step: int, steps: int, tuning: FineTuningOptions) -> list[int]:
    """Return the window numbers of a step; each epoch has its own random order."""
    epoch, place = divmod(step, steps)
    order = np.random.default_rng([tuning.seed, epoch]).permutation(count)
    chosen: list[int] = order[place * tuning.batch_size : (place + 1) * tuning.batch_size].tolist()
    return chosen


def _seed(torch: Any, seed: int, step: int) -> None:
    torch.manual_seed(seed * 1_000_003 + step)


def _written(
    torch: Any,
    network: TrainableNetwork,
    optimiser: Any,
    tuning: FineTuningOptions,
    losses: list[float],
) -> bytes:
    out = BytesIO()
    state = {
        "fingerprint": tuning.fingerprint,
        "losses": losses,
        "module": network.module.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    torch.save(state, out)
    return out.getvalue()


def _restored(
    torch: Any,
    network: TrainableNetwork,
    optimiser: Any,
    tuning: FineTuningOptions,
    checkpoint: bytes,
) -> list[float]:
    """Restore a checkpoint; return the losses so far."""
    state = torch.load(BytesIO(checkpoint), weights_only=True)
    if state.get("fingerprint") != tuning.fingerprint:
        raise UsageError(
            "the checkpoint in the folder belongs to another training",
            "--overwrite replaces it",
        )
    network.module.load_state_dict(state["module"])
    optimiser.load_state_dict(state["optimiser"])
    losses: list[float] = state["losses"]
    return losses
