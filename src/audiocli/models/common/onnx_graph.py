"""A quantised ONNX graph made a float one, with nothing but its own bytes.

Exports for phones simulate 8-bit arithmetic: every weight and activation passes
through QuantizeLinear and DequantizeLinear, and the batch is fixed to one. Without
those nodes the graph computes in float32, gives scores of full resolution, and
takes any batch.

Only the few fields of onnx.proto that this touches are known here; the rest of a
message is copied as it stands (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import NamedTuple

_QUANTISERS = {b"QuantizeLinear", b"DequantizeLinear"}
_BATCH = b"batch"  # name of the first axis


class WireType(IntEnum):
    """How a field of a protobuf message is laid out."""

    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    FIXED32 = 5


class ProtoField(NamedTuple):
    """One field of a protobuf message; of a varint, the value is its encoding."""

    number: int
    value: bytes
    wire: WireType = WireType.BYTES

    def __bytes__(self) -> bytes:
        head = _varint(self.number << 3 | self.wire)
        size = _varint(len(self.value)) if self.wire == WireType.BYTES else b""
        return head + size + self.value


def dequantized_graph(model: bytes, data: bytes) -> bytes:
    """Take the quantisers out of a model, free its batch and put its weights inside.

    Parameters
    ----------
    model : a ModelProto; its inputs and outputs have the batch as first axis
    data : the file with its external weights

    Returns
    -------
    a ModelProto whose inputs and outputs are float32, the batch of any length
    """
    graph = 7
    return _joined(
        field._replace(value=_dequantized_graph(field.value, data))
        if field.number == graph
        else field
        for field in _fields(model)
    )


def without_last_node(model: bytes) -> bytes:
    """Take the last node of a float graph away: the output is what went into it."""
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
    """Give what goes into the one node of a kind as one more output, and tell its name.

    None where there is no such node, or several. To protobuf, a message written after
    another of its type adds to the lists of the first.
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
        elif field.number not in (node, value_info):  # shapes of values hold the old batch
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
        """Connect to what the quantisers were connected to; flatten whatever the batch."""
        inputs = [_resolved(name, behind) for name in self.inputs]
        if self.kind == b"Reshape":  # to a constant shape, with the old batch in it
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
    """Put the bytes of a tensor where the reference to a file was."""
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
    """Describe an input or output anew: float32, the batch of any length."""
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
    """The value of the field with this number."""
    return next(field.value for field in _fields(message) if field.number == number)


def _joined(fields: Iterable[ProtoField]) -> bytes:
    return b"".join(map(bytes, fields))


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    """Return a number and the place after it: 7 bits a byte, the lowest first."""
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
