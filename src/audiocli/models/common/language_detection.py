"""Select the spoken language from the probabilities of a recogniser."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence


def likeliest_language(
    found: Sequence[Mapping[str, float]], weights: Sequence[float], candidates: Collection[str]
) -> tuple[str, float]:
    """Return the most probable language over several windows, by the geometric mean.

    Parameters
    ----------
    found : probability of each language, for each window
    weights : weights of the windows
    candidates : languages to choose from; all if empty

    Returns
    -------
    the language and its probability, normalised over the candidates
    """
    total = sum(weights)
    means = {
        language: math.exp(
            sum(w * math.log(max(f[language], 1e-6)) for f, w in zip(found, weights, strict=True))
            / total
        )
        for language in found[0]
        if not candidates or language in candidates
    }
    best = max(means, key=lambda language: means[language])
    return best, means[best] / sum(means.values())
