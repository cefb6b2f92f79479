"""Networks in ONNX files, built here, that find red and green rectangles: so what they should say
is known. They are exported as YOLO is, in either layout."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 640
NAMES = {0: "red thing", 1: "green thing"}
SURE, LESS_SURE = 0.9, 0.6

Layout = Literal["classes", "objects"]


class _Graph:
    """Nodes and constants of a network in the making."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: Any, kind: Any = np.float32) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, kind), name))
        return name

    def __call__(self, operation: str, *inputs: str, **attributes: Any) -> str:
        name = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], **attributes))
        return name


def _corners(graph: _Graph, mask: str, height: int, width: int) -> list[str]:
    """Return left, top, right and bottom of each class as 1 x 1 x 2."""
    found = []
    for axis, length in ((2, width), (3, height)):
        profile = graph("ReduceMax", mask, axes=[axis], keepdims=1)
        shape = (1, 1, 1, length) if axis == 2 else (1, 1, length, 1)
        up = np.arange(1, length + 1, dtype=np.float32).reshape(shape)
        from_end = graph("Mul", profile, graph.constant(length + 1 - up))
        first = graph("Sub", graph.constant([[[[length]]]]), _most(graph, from_end))
        last = _most(graph, graph("Mul", profile, graph.constant(up)))
        found += [first, last]
    left, right, top, bottom = (_flat(graph, one) for one in found)
    return [left, top, right, bottom]


def _most(graph: _Graph, values: str) -> str:
    return graph("ReduceMax", values, axes=[2, 3], keepdims=1)


def _flat(graph: _Graph, values: str) -> str:
    return graph("Reshape", values, graph.constant([1, 1, 2], np.int64))


def save(
    path: Path,
    layout: Layout = "classes",
    *,
    size: tuple[int, int] = (SIDE, SIDE),
    names: bool = True,
    can_vary: bool = False,
) -> Path:
    """Write a network for pictures of that width and height, and return its path.

    In the layout `classes` each thing is told twice, the second time three pixels aside and less
    sure, as networks do that leave it to others to choose.
    """
    width, height = size
    graph = _Graph()
    # How red and how green each pixel is; above 0 where it is more so than half.
    weights = graph.constant(np.array([[1, -1, -1], [-1, 1, -1]]).reshape(2, 3, 1, 1) * 1000)
    colour = graph("Conv", "images", weights, graph.constant([22.0, 88.0]))
    mask = graph("Clip", colour, graph.constant(0.0), graph.constant(1.0))
    left, top, right, bottom = _corners(graph, mask, height, width)
    score = graph("Mul", _flat(graph, _most(graph, mask)), graph.constant([[[SURE]]]))
    if layout == "objects":
        kinds = graph.constant([[[0.0, 1.0]]])
        rows = graph("Concat", left, top, right, bottom, score, kinds, axis=1)
        output = graph("Transpose", rows, perm=[0, 2, 1])
    else:
        half = graph.constant([[[0.5]]])
        across = graph("Mul", graph("Add", left, right), half)
        down = graph("Mul", graph("Add", top, bottom), half)
        sizes = graph("Sub", right, left), graph("Sub", bottom, top)
        of_classes = graph("Mul", score, graph.constant([[[1, 0], [0, 1]]]))
        sure = graph("Concat", across, down, *sizes, of_classes, axis=1)
        aside = graph("Add", across, graph.constant([[[3.0]]]))
        less = graph("Mul", of_classes, graph.constant([[[LESS_SURE / SURE]]]))
        twice = graph("Concat", aside, down, *sizes, less, axis=1)
        output = graph("Concat", sure, twice, axis=2)
    graph.nodes[-1].output[0] = "output0"
    told = [1, 2, 6] if layout == "objects" else [1, 6, 4]
    assert output
    shape: list[Any] = [1, 3, *(("height", "width") if can_vary else (height, width))]
    made = helper.make_graph(
        graph.nodes, "rectangles",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, told)],
        graph.constants,
    )  # fmt: skip
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    notes = {"imgsz": f"[{height}, {width}]"} | ({"names": str(NAMES)} if names else {})
    helper.set_model_props(model, notes)
    onnx.save(model, str(path))
    return path
