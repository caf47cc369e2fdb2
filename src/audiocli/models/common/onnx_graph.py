"""Edit ONNX graphs without the package onnx: remove quantisation, cut and add outputs.

Quantised exports pass weights and activations through QuantizeLinear and DequantizeLinear,
and fix the batch size to one. Without these nodes the graph computes in float32, its scores
have full resolution, and it accepts any batch size.

Only the fields of onnx.proto that are edited are defined here; all others are copied
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import NamedTuple

_QUANTISERS = {b"QuantizeLinear", b"DequantizeLinear"}
_BATCH = b"batch"  # name of the first axis


class WireType(IntEnum):
    """Wire types of protobuf fields."""

    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    FIXED32 = 5


class ProtoField(NamedTuple):
    """A field of a protobuf message; varints are kept encoded."""

    number: int
    value: bytes
    wire: WireType = WireType.BYTES

    def __bytes__(self) -> bytes:
        head = _varint(self.number << 3 | self.wire)
        size = _varint(len(self.value)) if self.wire == WireType.BYTES else b""
        return head + size + self.value


def dequantized_graph(model: bytes, data: bytes) -> bytes:
    """Remove the quantisation nodes, make the batch size variable, and embed the weights.

    Parameters
    ----------
    model : a ModelProto; the batch is the first axis of its inputs and outputs
    data : contents of the file with external weights

    Returns
    -------
    a ModelProto with float32 inputs and outputs and a variable batch size
    """
    graph = 7
    return _joined(
        field._replace(value=_dequantized_graph(field.value, data))
        if field.number == graph
        else field
        for field in _fields(model)
    )


def without_last_node(model: bytes) -> bytes:
    """Remove the last node of a float graph; its input becomes the output."""
    graph = 7
    return _joined(
        field._replace(value=_without_last_node(field.value)) if field.number == graph else field
        for field in _fields(model)
    )


def _without_last_node(message: bytes) -> bytes:
    node, output, name, type_, tensor_type, elem_type = 1, 12, 1, 2, 1, 1
    *kept, last = [field for field in _fields(message) if field.number == node]
    others = [field for field in _fields(message) if field.number not in (node, output)]
    of_floats = ProtoField(tensor_type, bytes(ProtoField(elem_type, _varint(1), WireType.VARINT)))
    described = [
        ProtoField(name, _Node.read(last.value).inputs[0]),
        ProtoField(type_, bytes(of_floats)),
    ]
    return _joined([*kept, *others, ProtoField(output, _joined(described))])


def with_node_input_as_output(model: bytes, kind: str) -> tuple[bytes, str] | None:
    """Add the input of the only node of a kind as an output; return the model and its name.

    Returns None if there is no such node, or several. Protobuf merges the lists of a message
    that occurs twice, so the output is appended.
    """
    graph, node, output, name = 7, 1, 12, 1
    whole = next(field.value for field in _fields(model) if field.number == graph)
    nodes = [_Node.read(field.value) for field in _fields(whole) if field.number == node]
    found = [n for n in nodes if n.kind == kind.encode()]
    if len(found) != 1:
        return None
    shown = found[0].inputs[0]
    added = ProtoField(graph, bytes(ProtoField(output, bytes(ProtoField(name, shown)))))
    return model + bytes(added), shown.decode()


def _dequantized_graph(message: bytes, data: bytes) -> bytes:
    node, initializer, input, output, value_info = 1, 5, 11, 12, 13
    fields = list(_fields(message))
    nodes = [_Node.read(field.value) for field in fields if field.number == node]
    behind = {n.outputs[0]: n.inputs[0] for n in nodes if n.kind in _QUANTISERS}
    kept = [n.without(behind) for n in nodes if n.kind not in _QUANTISERS]
    used = {name for n in kept for name in n.inputs}
    written = [ProtoField(node, bytes(n)) for n in kept]
    for field in fields:
        if field.number == initializer:
            if _named(field.value, 8) in used:
                written.append(field._replace(value=_with_weights(field.value, data)))
        elif field.number in (input, output):
            written.append(field._replace(value=_float_value(field.value, behind)))
        elif field.number not in (
            node,
            value_info,
        ):  # the shapes of values contain the old batch size
            written.append(field)
    return _joined(written)


class _Node(NamedTuple):
    kind: bytes
    inputs: list[bytes]
    outputs: list[bytes]
    rest: list[ProtoField]

    @classmethod
    def read(cls, message: bytes) -> _Node:
        fields = list(_fields(message))
        values = {number: [f.value for f in fields if f.number == number] for number in (1, 2, 4)}
        rest = [f for f in fields if f.number not in values]
        return cls(values[4][0], values[1], values[2], rest)

    def without(self, behind: Mapping[bytes, bytes]) -> _Node:
        """Return the node connected to the inputs of the quantisers; replace Reshape."""
        inputs = [_resolved(name, behind) for name in self.inputs]
        if self.kind == b"Reshape":  # its constant shape contains the old batch size
            return _Node(b"Flatten", inputs[:1], self.outputs, [])
        return self._replace(inputs=inputs)

    def __bytes__(self) -> bytes:
        inputs = [ProtoField(1, name) for name in self.inputs]
        outputs = [ProtoField(2, name) for name in self.outputs]
        return _joined([*inputs, *outputs, ProtoField(4, self.kind), *self.rest])


def _resolved(name: bytes, behind: Mapping[bytes, bytes]) -> bytes:
    while name in behind:
        name = behind[name]
    return name


def _with_weights(tensor: bytes, data: bytes) -> bytes:
    """Replace a reference to external data by the data."""
    raw_data, external_data, data_location = 9, 13, 14
    fields = list(_fields(tensor))
    entries = {
        _named(f.value, 1): int(_named(f.value, 2))
        for f in fields
        if f.number == external_data and _named(f.value, 1) in (b"offset", b"length")
    }
    if not entries:
        return tensor
    start = entries.get(b"offset", 0)
    weights = data[start : start + entries[b"length"]]
    kept = (f for f in fields if f.number not in (external_data, data_location))
    return _joined([*kept, ProtoField(raw_data, weights)])


def _float_value(value: bytes, behind: Mapping[bytes, bytes]) -> bytes:
    """Return an input or output as float32 with a variable batch size."""
    name, type_, tensor_type, elem_type, shape, dim_param = 1, 2, 1, 1, 2, 2
    tensor = _named(_named(value, type_), tensor_type)
    _, *others = _fields(_named(tensor, shape))
    first = ProtoField(1, bytes(ProtoField(dim_param, _BATCH)))
    described = [
        ProtoField(elem_type, _varint(1), WireType.VARINT),
        ProtoField(shape, _joined([first, *others])),
    ]
    typed = bytes(ProtoField(tensor_type, _joined(described)))
    return _joined(
        [ProtoField(name, _resolved(_named(value, name), behind)), ProtoField(type_, typed)]
    )


# --- protobuf (https://protobuf.dev/programming-guides/encoding/) --------------


def _fields(message: bytes) -> Iterator[ProtoField]:
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        number, wire = key >> 3, WireType(key & 7)
        start, end = at, at
        if wire == WireType.VARINT:
            _, end = _read_varint(message, at)
        elif wire == WireType.BYTES:
            size, start = _read_varint(message, at)
            end = start + size
        else:
            end = at + (8 if wire == WireType.FIXED64 else 4)
        yield ProtoField(number, message[start:end], wire)
        at = end


def _named(message: bytes, number: int) -> bytes:
    """Return the value of the first field with this number."""
    return next(field.value for field in _fields(message) if field.number == number)


def _joined(fields: Iterable[ProtoField]) -> bytes:
    return b"".join(map(bytes, fields))


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    """Decode a varint; return the number and the position after it."""
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
