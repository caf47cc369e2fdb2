"""CAM++, a network for speaker embeddings.

Wang et al. 2023, "CAM++: A Fast and Efficient Network for Speaker Verification Using
Context-Aware Masking" (arXiv:2303.00332).

A small residual network over the spectrum, densely connected time-delay layers with masks that
depend on segments of two seconds, and statistics pooling (mean and standard deviation).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

MELS = 80
GROWTH = 32  # channels that each dense layer adds
BOTTLENECK = 128
SEGMENT = 100  # frames of 20 ms that share the context of a mask
BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers and dilation of each dense block
DIMENSION = 192


class Residual(nn.Module):
    """Residual block of two 3 x 3 convolutions; `stride` divides the mel bands."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, (stride, 1), 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride > 1:
            thinned = nn.Conv2d(channels, channels, 1, (stride, 1), bias=False)
            self.shortcut = nn.Sequential(thinned, nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, mels, time) to (batch, channels, mels / stride, time)."""
        out = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(out)) + self.shortcut(x))


class Front(nn.Module):
    """Convolutional front end: 80 mel bands to 32 channels of 10 bands."""

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.layer1 = nn.Sequential(Residual(channels, 2), Residual(channels, 1))
        self.layer2 = nn.Sequential(Residual(channels, 2), Residual(channels, 1))
        self.conv2 = nn.Conv2d(channels, channels, 3, (2, 1), 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, mels, time) to (batch, channels * mels / 8, time)."""
        out = functional.relu(self.bn1(self.conv1(x[:, None])))
        out = self.layer2(self.layer1(out))
        return functional.relu(self.bn2(self.conv2(out))).flatten(1, 2)


class Mask(nn.Module):
    """Context-aware masking: a convolution multiplied by a mask of its context."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.local = nn.Conv1d(
            BOTTLENECK, GROWTH, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.squeeze = nn.Conv1d(BOTTLENECK, BOTTLENECK // 2, 1)
        self.excite = nn.Conv1d(BOTTLENECK // 2, GROWTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, 128, time) to (batch, 32, time)."""
        context = x.mean(-1, keepdim=True) + segment_means(x)
        return self.local(x) * torch.sigmoid(self.excite(functional.relu(self.squeeze(context))))


def segment_means(x: Tensor) -> Tensor:
    """Replace each frame by the mean of its segment; the last segment may be shorter."""
    frames = x.shape[-1]
    means = functional.avg_pool1d(x, SEGMENT, SEGMENT, ceil_mode=True)
    return means.repeat_interleave(SEGMENT, dim=-1)[..., :frames]


class Dense(nn.Module):
    """Layer of a dense block: appends its output to its input as new channels."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.before = nn.BatchNorm1d(channels)
        self.bottleneck = nn.Conv1d(channels, BOTTLENECK, 1, bias=False)
        self.after = nn.BatchNorm1d(BOTTLENECK)
        self.mask = Mask(dilation)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, time) to (batch, channels + 32, time)."""
        out = self.bottleneck(functional.relu(self.before(x)))
        return torch.cat([x, self.mask(functional.relu(self.after(out)))], dim=1)


class CamPlusPlus(nn.Module):
    """Map mean-normalized filter-bank features (batch, time, 80) to (batch, 192)."""

    def __init__(self) -> None:
        super().__init__()
        self.front = Front()
        self.tdnn = nn.Conv1d(32 * MELS // 8, 128, 5, stride=2, padding=2, bias=False)
        self.tdnn_norm = nn.BatchNorm1d(128)
        layers: list[nn.Module] = []
        channels = 128
        for count, dilation in BLOCKS:
            for _ in range(count):
                layers.append(Dense(channels, dilation))
                channels += GROWTH
            halved = nn.Conv1d(channels, channels // 2, 1, bias=False)
            layers += [nn.BatchNorm1d(channels), nn.ReLU(), halved]
            channels //= 2
        self.blocks = nn.Sequential(*layers)
        self.dense = nn.Conv1d(2 * channels, DIMENSION, 1, bias=False)
        self.dense_norm = nn.BatchNorm1d(DIMENSION, affine=False)
        self.out_norm = nn.BatchNorm1d(channels)  # last here, as in the published weights

    def forward(self, features: Tensor) -> Tensor:
        """Embed each row of the batch."""
        out = self.front(features.transpose(1, 2))
        out = functional.relu(self.tdnn_norm(self.tdnn(out)))
        out = functional.relu(self.out_norm(self.blocks(out)))
        mean = out.mean(-1, keepdim=True)
        deviation = ((out - mean) ** 2).sum(-1, keepdim=True) / (out.shape[-1] - 1)
        pooled = torch.cat([mean, deviation.sqrt()], dim=1)
        return self.dense_norm(self.dense(pooled)).squeeze(-1)

    def renamed(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Rename published weights, which are in the same order, to the names used here."""
        mine = list(self.state_dict())
        if len(mine) != len(weights):
            raise ValueError(f"{len(weights)} tensors for {len(mine)} parameters")
        return dict(zip(mine, weights.values(), strict=True))
