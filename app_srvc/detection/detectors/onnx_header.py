"""Read what an ONNX file says of itself, without the library that would load all of it.

The file is a protocol buffer of type ModelProto. Of that, only the notes of who made it and the
shape of its input are wanted; the numbers below are those of the fields in `onnx.proto3`.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_GRAPH, _NOTES = 7, 14
_KEY, _VALUE = 1, 2
_INPUT = 11
_TYPE, _TENSOR, _SHAPE, _DIMENSION, _LENGTH = 2, 1, 2, 1, 1


class Header(NamedTuple):
    """The notes, and the input's shape: batch, channels, height, width; 0 where it may vary."""

    notes: dict[str, str]
    shape: list[int]


class NotOnnx(Exception):
    """The file cannot be read as one."""


def read(path: Path) -> Header:
    """Read the header of a model.

    Raises:
        NotOnnx: it is none.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            raise NotOnnx
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            view = memoryview(mapped)
            try:
                return _header(view)
            except (IndexError, UnicodeDecodeError) as error:
                raise NotOnnx from error
            finally:
                view.release()


def _header(view: memoryview) -> Header:
    notes, shapes = {}, []
    for note in _parts(view, _NOTES):
        notes[_text(note, _KEY)] = _text(note, _VALUE)
    for graph in _parts(view, _GRAPH):
        for given in _parts(graph, _INPUT):
            shapes += [_lengths(shape) for shape in _parts(given, _TYPE, _TENSOR, _SHAPE)]
    pictures = [shape for shape in shapes if len(shape) == 4]
    if not pictures:
        raise NotOnnx
    return Header(notes, pictures[0])


def _lengths(shape: memoryview) -> list[int]:
    found = []
    for dimension in _parts(shape, _DIMENSION):
        values = [value for number, value in _fields(dimension) if number == _LENGTH]
        found.append(values[0] if values and isinstance(values[0], int) else 0)
    return found


def _text(message: memoryview, number: int) -> str:
    return next((bytes(part).decode() for part in _parts(message, number)), "")


def _parts(message: memoryview, *path: int) -> Iterator[memoryview]:
    """Yield the parts that lie along a path of field numbers."""
    for number, value in _fields(message):
        if number == path[0] and isinstance(value, memoryview):
            if len(path) == 1:
                yield value
            else:
                yield from _parts(value, *path[1:])


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield each field of a message: its number, and what it holds."""
    at = 0
    while at < len(message):
        tag, at = _number(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = _number(message, at)
            yield tag >> 3, value
            continue
        if kind == 2:
            size, at = _number(message, at)
        elif kind in {1, 5}:
            size = 8 if kind == 1 else 4
        else:
            raise NotOnnx
        if at + size > len(message):
            raise NotOnnx
        yield tag >> 3, message[at : at + size]
        at += size


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """Return a number that is written seven bits a byte, and where the next one begins."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise NotOnnx
