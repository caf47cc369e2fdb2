"""Parse the values of SSML's attributes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from audiocli.text.script import Prosody

_LONGEST_BREAK = 60.0  # seconds
_BREAKS = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.8, "x-strong": 1.2}
_RATES = {"x-slow": 0.5, "slow": 0.8, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.6}
_PITCHES = {"x-low": -4.0, "low": -2.0, "medium": 0.0, "default": 0.0, "high": 2.0, "x-high": 4.0}
_VOLUMES = {
    "silent": -math.inf,
    "x-soft": -12.0,
    "soft": -6.0,
    "medium": 0.0,
    "default": 0.0,
    "loud": 4.0,
    "x-loud": 8.0,
}
_EMPHASIS = {
    "strong": Prosody(speed=0.85, pitch=1.0, gain=3.0),
    "moderate": Prosody(speed=0.92, pitch=0.5, gain=1.5),
    "none": Prosody(),
    "reduced": Prosody(speed=1.1, gain=-3.0),
}
_SLOWEST, _FASTEST = 0.25, 4.0
_FURTHEST = 12.0  # semitones
_LOUDEST = 20.0  # dB
_NUMBER = r"([+-]?(?:\d+\.?\d*|\.\d+))"


class SsmlError(ValueError):
    """Raised when the value of an attribute is not valid."""


def combined(prosody: Prosody, change: Prosody) -> Prosody:
    """Combine a prosody with the change of an inner element.

    Raises
    ------
    SsmlError : the combination exceeds the limits of a single element
    """
    changed = replace(
        prosody,
        speed=prosody.speed * change.speed,
        pitch=prosody.pitch + change.pitch,
        gain=prosody.gain + change.gain,
    )
    if not _SLOWEST <= changed.speed <= _FASTEST:
        raise SsmlError(f"the elements around this make the rate {changed.speed:.0%}")
    if abs(changed.pitch) > _FURTHEST:
        raise SsmlError(f"the elements around this make the pitch {changed.pitch:+g}st")
    if changed.gain > _LOUDEST:
        raise SsmlError(f"the elements around this make the volume {changed.gain:+g}dB")
    return changed


def seconds_of_break(attributes: Mapping[str, str]) -> float:
    """Return the length of a break, by its time or else its strength."""
    if (time := attributes.get("time")) is not None:
        found = re.fullmatch(r"\+?(\d+\.?\d*|\.\d+)(ms|s)", time.strip())
        if not found:
            raise SsmlError(f"a break of {time!r}: write 500ms or 1.5s")
        seconds = float(found[1]) / (1000 if found[2] == "ms" else 1)
        if seconds > _LONGEST_BREAK:
            raise SsmlError(f"a break of {time} is longer than {_LONGEST_BREAK:g}s")
        return seconds
    return _named(_BREAKS, attributes.get("strength", "medium"), "strength")


def emphasis_change(attributes: Mapping[str, str]) -> Prosody:
    """Return the change of prosody of an emphasis element."""
    level = attributes.get("level", "moderate")
    if level not in _EMPHASIS:
        raise SsmlError(f"level {level!r}: one of {', '.join(_EMPHASIS)}")
    return _EMPHASIS[level]


def prosody_change(attributes: Mapping[str, str]) -> Prosody:
    """Return the change of prosody of a prosody element."""
    if not attributes:
        raise SsmlError("<prosody> needs rate, pitch or volume")
    return Prosody(
        speed=_rate(attributes.get("rate", "medium")),
        pitch=_pitch(attributes.get("pitch", "medium")),
        gain=_volume(attributes.get("volume", "medium")),
    )


def _rate(written: str) -> float:
    """Parse a rate: `fast`, `120%`, `+20%` (relative, as in SSML 1.0) or `1.2`."""
    found = re.fullmatch(_NUMBER + "(%?)", written.strip())
    if not found:
        return _named(_RATES, written, "rate")
    rate = float(found[1])
    if found[2]:
        rate = 1 + rate / 100 if found[1][0] in "+-" else rate / 100
    if not _SLOWEST <= rate <= _FASTEST:
        raise SsmlError(f"rate {written!r} is not between {_SLOWEST:.0%} and {_FASTEST:.0%}")
    return rate


def _pitch(written: str) -> float:
    """Parse a pitch, such as `high`, `+2st` or `+10%`, into semitones."""
    found = re.fullmatch(_NUMBER + "(st|%)", written.strip())
    if not found:
        if written.strip().endswith("Hz"):
            raise SsmlError(f"pitch {written!r}: write it relative to the voice, as +2st or +10%")
        return _named(_PITCHES, written, "pitch")
    value = float(found[1])
    if found[2] == "%":
        ratio = 1 + value / 100 if found[1][0] in "+-" else value / 100
        value = 12 * math.log2(ratio) if ratio > 0 else math.inf
    if abs(value) > _FURTHEST:
        raise SsmlError(f"pitch {written!r} is more than {_FURTHEST:g} semitones away")
    return value


def _volume(written: str) -> float:
    """Parse a volume, such as `loud`, `+6dB` or 0 to 100 (SSML 1.0), into decibels."""
    if found := re.fullmatch(_NUMBER + "dB", written.strip()):
        gain = float(found[1])
        if gain > _LOUDEST:
            raise SsmlError(f"volume {written!r} is more than {_LOUDEST:+g}dB")
        return gain
    if found := re.fullmatch(_NUMBER, written.strip()):
        share = float(found[1])
        if not 0 <= share <= 100 or found[1][0] in "+-":
            raise SsmlError(f"volume {written!r} is not between 0 and 100")
        return 20 * math.log10(share / 100) if share else -math.inf
    return _named(_VOLUMES, written, "volume")


def _named(values: Mapping[str, float], written: str, what: str) -> float:
    if written.strip() not in values:
        raise SsmlError(f"{what} {written!r}: a number, or one of {', '.join(values)}")
    return values[written.strip()]
