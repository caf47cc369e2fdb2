"""The JSON form of results: round trips, strict parsing, and the JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from audiocli.results import ModelInfo, Probability, Result, Seconds, Transcript
from audiocli.schema import SchemaError, dumps, from_dict, json_schema, kinds, loads, to_dict
from audiocli.schema.types import hints_of
from strategies import AWKWARD, transcripts


@dataclass(frozen=True)
class Beat:
    at: Seconds
    strength: Probability | None = None


@dataclass(frozen=True, kw_only=True)
class Rhythm(Result):
    """A result class that is not part of audiocli."""

    kind: ClassVar[str] = "rhythm"
    metre: Literal["duple", "triple"] | None = None
    tempo: float = 0.0
    beats: tuple[Beat, ...] = ()
    counts: tuple[tuple[int, ...], ...] = ()
    by_hand: Mapping[str, bool] = field(default_factory=dict)


@pytest.fixture
def rhythm() -> Rhythm:
    return Rhythm(
        source="a.wav",
        duration=2.00049,
        model=ModelInfo("m"),
        metre="triple",
        tempo=1 / 3,
        beats=(Beat(0.12345, 0.99999), Beat(1)),
        counts=((1, 2), ()),
        by_hand={"x": True},
    )


def validator(kind: type[Result]) -> Draft202012Validator:
    schema = json_schema(kind)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_a_transcript_is_written_with_every_key() -> None:
    written = to_dict(AWKWARD)
    assert list(written) == [
        "schema", "source", "duration", "model", "parameters",
        "text", "start", "language", "language_probability", "segments", "turns",
        "unrecognised",
    ]  # fmt: skip
    assert written["schema"] == "audiocli/transcript/1"
    assert written["model"] == {"name": "whisper-base", "revision": "0123456789abcdef"}
    assert written["language_probability"] == 0.9877
    assert written["segments"][1] == {
        "start": 4.2, "end": 4.4, "text": "No.", "language": "en",
        "speaker": None, "confidence": None, "words": [],
    }  # fmt: skip


def test_only_a_partial_transcript_says_so() -> None:
    partial = replace(AWKWARD, partial=True)
    assert to_dict(partial) == {**to_dict(AWKWARD), "partial": True}
    assert to_dict(from_dict(to_dict(partial))) == to_dict(partial)
    assert "partial" not in to_dict(AWKWARD)
    for result in (AWKWARD, partial):
        validator(Transcript).validate(to_dict(result))


def test_a_transcript_written_before_there_were_turns_is_read() -> None:
    written = to_dict(AWKWARD)
    del written["start"], written["turns"]
    (back,) = loads(json.dumps(written))
    assert isinstance(back, Transcript)
    assert (back.start, back.turns, back.text) == (0.0, None, AWKWARD.text)


def test_units_decide_the_rounding(rhythm: Rhythm) -> None:
    written = to_dict(rhythm)
    assert written["duration"] == 2.0
    assert written["tempo"] == 1 / 3
    assert written["beats"] == [{"at": 0.123, "strength": 1.0}, {"at": 1.0, "strength": None}]


def test_a_new_result_class_needs_no_other_code(rhythm: Rhythm) -> None:
    assert kinds()["rhythm"] is Rhythm
    written = to_dict(rhythm)
    validator(Rhythm).validate(written)
    back = from_dict(json.loads(json.dumps(written)))
    assert isinstance(back, Rhythm)
    assert back.counts == ((1, 2), ())
    assert to_dict(back) == written


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.kind)
def test_every_kind_has_a_valid_schema_and_can_be_read(kind: Any) -> None:
    schema = validator(kind).schema
    assert set(schema["required"]) >= {"schema", "source", "duration", "model", *hints_of(kind)} - {
        "kind", "version", "derived", "omitted_if_empty", *kind.omitted_if_empty,
    }  # fmt: skip


def test_columns_of_datasets_are_written_only_if_there_are_any(rhythm: Rhythm) -> None:
    assert "columns" not in to_dict(rhythm)
    columns = {"id": "a-1", "text": "so it \u2028 is", "age": 7, "seen": False, "note": None}
    labelled = replace(rhythm, columns=columns)
    document = json.loads(dumps(labelled))
    assert list(document)[:6] == ["schema", "source", "duration", "model", "parameters", "columns"]
    assert document["columns"] == columns
    validator(Rhythm).validate(document)
    assert from_dict(document) == replace(from_dict(to_dict(rhythm)), columns=columns)


@given(transcripts)
def test_round_trip(transcript: Transcript) -> None:
    written = dumps(transcript)
    assert written.isprintable() or "\n" not in written
    assert list(loads(written)) == [transcript]
    validator(Transcript).validate(json.loads(written))


@given(transcripts, transcripts)
def test_documents_may_follow_one_another(one: Transcript, two: Transcript) -> None:
    assert list(loads(dumps(one) + "\n" + dumps(two) + "\n")) == [one, two]
    assert list(loads(dumps(one, indent=2) + "\n" + dumps(two, indent=2))) == [one, two]
    assert list(loads(f"[{dumps(one)}, {dumps(two)}]")) == [one, two]


def test_control_characters_and_surrogates_are_escaped() -> None:
    odd = replace(AWKWARD, source="\udce4\x1b\x9b\u2028.wav", language_probability=float("nan"))
    written = dumps(odd)
    assert '"\\udce4\\u001b\\u009b\\u2028.wav"' in written
    assert json.loads(written)["language_probability"] is None
    assert next(loads(written)).source == odd.source


def faults() -> Iterator[tuple[str, str, Any]]:
    good = to_dict(replace(AWKWARD, segments=AWKWARD.segments[:1]))
    segment = good["segments"][0]
    yield "not a result of audiocli", "no schema", {"text": "hi"}
    yield "not a result of audiocli", "a number", 7
    yield "not a result of audiocli", "another's", good | {"schema": "whisper/transcript/1"}
    yield "was written by a newer audiocli", "version", good | {"schema": "audiocli/transcript/2"}
    yield "was written by a newer audiocli", "kind", good | {"schema": "audiocli/telepathy/1"}
    yield "not a result of audiocli", "version 0", good | {"schema": "audiocli/transcript/0"}
    yield "segments: expected a list", "list", good | {"segments": None}
    yield "segments[0]: expected an object, got 7", "object", good | {"segments": [7]}
    yield "model.name: missing", "missing", good | {"model": {}}
    yield "parameters: expected an object", "mapping", good | {"parameters": []}
    yield "duration: expected a number, got '19.5'", "text", good | {"duration": "19.5"}
    yield "duration: expected a number, got True", "bool", good | {"duration": True}
    yield "duration: expected a finite number", "nan", good | {"duration": float("nan")}
    yield "duration: expected a finite number", "huge", good | {"duration": 10**400}
    bad = [segment, segment | {"start": None}]
    yield "segments[1].start: expected a number, got None", "null", good | {"segments": bad}
    bad = [segment | {"speakr": "x"}]
    yield "segments[0].speakr: unknown key", "unknown", good | {"segments": bad}


@pytest.mark.parametrize(
    ("message", "data"), [pytest.param(m, d, id=name) for m, name, d in faults()]
)
def test_reading_is_strict(message: str, data: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        from_dict(data)
    assert message in caught.value.message


ARRAYS = [[[1.0, 2.0], [3.0]], [["1"]], "x", [{}], 1.5, [None, "a"], [1e39]]


@pytest.mark.parametrize("values", ARRAYS, ids=str)
def test_arrays_are_regular_and_numeric(values: Any) -> None:
    good = {
        "schema": "audiocli/spectrogram/1",
        **COMMON,
        "start": 0.0,
        "spectrogram_kind": "mel",
        "values": [[1.0, None]],
        "unit": "dB",
        "times": [0.0, 0.1],
        "bins": [1.0],
        "bin_unit": "Hz",
    }
    assert from_dict(good)
    with pytest.raises(SchemaError, match="values: expected an array of numbers, got"):
        from_dict(good | {"values": values})


@pytest.mark.parametrize("text", ["{", "nonsense", '{"a": 1} x', "[" * 100_000, "1" * 5000])
def test_text_that_is_not_json(text: str) -> None:
    with pytest.raises(SchemaError, match=r"not (?:valid )?JSON|not a result"):
        list(loads(text))


def test_documents_of_before_a_field_was_added_can_be_read() -> None:
    written = to_dict(AWKWARD)
    del written["language_probability"], written["text"]
    assert from_dict(written) == from_dict(to_dict(replace(AWKWARD, language_probability=None)))


COMMON: dict[str, Any] = {
    "source": "a.wav",
    "duration": 1.0,
    "model": {"name": "m", "revision": None},
}
EVALUATION = {
    "clips": 2, "accuracy": 1.0, "accuracy_low": 0.3, "accuracy_high": 1.0, "commonest": 0.5,
    "balanced_accuracy": 1.0, "macro_f1": 1.0, "log_loss": 0.1, "log_loss_uncalibrated": 0.1,
    "calibration_error": 0.0, "labels": [], "confusion": [],
}  # fmt: skip
TRAINING = {
    "labels": ["a", "b"], "clips": 2, "failed": 0, "windows": 2, "groups": 2, "head": "mlp",
    "folds": 2, "temperature": 1.0, "validation": EVALUATION, "test": None, "cautions": [],
}  # fmt: skip
FEATURES: dict[str, Any] = {
    "rate": 16000, "loudness": None, "rms": -20.0, "peak": -3.0, "clipped": 0.1, "silence": 0.2,
    "snr": None, "voiced": 0.3, "f0_mean": None, "f0_low": None, "f0_high": None,
    "speaking_rate": None, "centroid": None, "rolloff": None, "flatness": None, "mfcc_mean": [],
    "mfcc_deviation": [],
}  # fmt: skip
SPECTROGRAM: dict[str, Any] = {
    "form": "mel", "start": 0.0, "values": [[1.0]], "unit": "dB", "times": [0.0], "bins": [100.0],
    "bin_unit": "Hz",
}  # fmt: skip
OLD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "emissions": ({"frame": 0.02, "text": "hi"}, {"frame_seconds": 0.02}),
    "search": ({"query": "text", "index": "i", "hits": []}, {"query_type": "text"}),
    "features": (FEATURES, {"clipped_ratio": 0.1, "silence_ratio": 0.2, "voiced_ratio": 0.3}),
    "spectrogram": (SPECTROGRAM, {"spectrogram_kind": "mel"}),
}


@pytest.mark.parametrize("kind", OLD)
def test_documents_of_version_1_are_read_with_their_old_keys(kind: str) -> None:
    old, renamed = OLD[kind]
    result = from_dict({"schema": f"audiocli/{kind}/1", **COMMON, **old})
    written = to_dict(result)
    current = f"audiocli/{kind}/{kinds()[kind].version}"
    assert written["schema"] == current
    assert {key: written[key] for key in renamed} == renamed
    assert to_dict(from_dict(written)) == written
    with pytest.raises(SchemaError, match="unknown key"):  # old keys are valid in old versions only
        from_dict({"schema": current, **COMMON, **old})


@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_aggregation_of_a_spectrogram_was_called_pool(version: int) -> None:
    old = {**SPECTROGRAM, "parameters": {"pool": "max"}}
    document = {"schema": f"audiocli/spectrogram/{version}", **COMMON, **old}
    if version > 1:
        document["spectrogram_kind"] = document.pop("form")
    expected = {"aggregation": "max"} if version < 3 else {"pool": "max"}
    assert to_dict(from_dict(document))["parameters"] == expected


def test_old_keys_inside_a_document_are_read_too() -> None:
    training = from_dict({"schema": "audiocli/training/1", **COMMON, **TRAINING})
    assert to_dict(training)["validation"]["baseline_accuracy"] == 0.5
    panel = {**COMMON, "parameters": {"form": "kept"}, **SPECTROGRAM}
    comparison = from_dict({"schema": "audiocli/comparison/1", **COMMON, "panels": [panel]})
    (back,) = to_dict(comparison)["panels"]
    assert back["spectrogram_kind"] == "mel"
    assert back["parameters"] == {"form": "kept"}  # not a key of the schema
    with pytest.raises(SchemaError, match=r"panels: expected a list"):
        from_dict({"schema": "audiocli/comparison/1", **COMMON, "panels": 7})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n# Title", "not JSON (check that it is the right file)"),
        ('\n{"schema": ', "not valid JSON: syntax error in line 2, column 12 (check"),
        ("[" * 200_000, "not valid JSON: nested too deeply (check"),
        ("9" * 5_000, "not valid JSON: a number has too many digits (check"),
    ],
)
def test_messages_about_json_are_ours(text: str, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        list(loads(text))
    assert str(caught.value).startswith(message)
