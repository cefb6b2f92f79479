"""The settings about object detection: what looks, how sure it must be, how large pictures are."""

from typing import Literal

from pydantic import Field, FilePath, PositiveInt, model_validator
from pydantic_settings import BaseSettings


class DetectionSettings(BaseSettings):
    """What an operator can set about detection; thresholds and scores are from 0 to 1."""

    default_detector: Literal["opencv", "yolo"] = "opencv"
    opencv_threshold: float = Field(default=0.5, ge=0, le=1)
    yolo_model: FilePath | None = None
    yolo_names: FilePath | None = None
    yolo_runtime: Literal["auto", "opencv", "onnxruntime"] = "auto"
    yolo_threshold: float = Field(default=0.25, ge=0, le=1)
    max_picture_bytes: PositiveInt = 100_000_000
    max_picture_pixels: PositiveInt = 50_000_000
    max_video_frames: int = Field(default=300, ge=1, le=10_000)

    @model_validator(mode="after")
    def _default_detector_is_set_up(self) -> "DetectionSettings":
        if self.default_detector == "yolo" and self.yolo_model is None:
            raise ValueError("DEFAULT_DETECTOR is yolo, which needs YOLO_MODEL")
        return self
