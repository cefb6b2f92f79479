"""What runs a network: OpenCV, which is there, or onnxruntime where it is installed."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app_srvc import settings
from app_srvc.detection.pixels import Pixels
from app_srvc.settings import WrongSetting

# What every complaint about a model begins with.
REFUSED = "Wrong setting. YOLO_MODEL cannot be used:"

Network = Callable[[Pixels], Pixels]


def load(path: Path) -> Network:
    """Return a network: 1 x 3 x height x width numbers in, what it makes of them out.

    Raises:
        WrongSetting: it cannot be loaded.
    """
    wanted = settings.load().yolo_runtime
    has_onnxruntime = importlib.util.find_spec("onnxruntime") is not None
    if wanted == "opencv" or (wanted == "auto" and not has_onnxruntime):
        return _in_opencv(path)
    if not has_onnxruntime:
        raise WrongSetting("Wrong setting. YOLO_RUNTIME: onnxruntime is not installed")
    return _in_onnxruntime(path)


def _in_opencv(path: Path) -> Network:
    # A network's first run begins OpenCV's threads; with one there are none, and a fork is safe.
    cv2.setNumThreads(settings.load().model_threads)
    try:
        net = cv2.dnn.readNetFromONNX(str(path))
    except cv2.error as error:
        raise WrongSetting(f"{REFUSED} OpenCV cannot run it: {error.err}") from error

    def run(pixels: Pixels) -> Pixels:
        net.setInput(pixels)
        return np.asarray(net.forward())

    return run


def _in_onnxruntime(path: Path) -> Network:
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings.load().model_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session: Any = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # It has a kind for each of its states, and no name for all.
        raise WrongSetting(f"{REFUSED} onnxruntime cannot run it: {error}") from error
    given = session.get_inputs()[0]
    number = np.float16 if "float16" in given.type else np.float32

    def run(pixels: Pixels) -> Pixels:
        return np.asarray(session.run(None, {given.name: pixels.astype(number)})[0], np.float32)

    return run
