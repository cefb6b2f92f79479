"""What can be sent with a picture."""

from collections.abc import Mapping

from flask_wtf import FlaskForm
from wtforms import MultipleFileField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from app_srvc.detection.detectors import Offer
from app_srvc.words import _


class UploadForm(FlaskForm):
    """One or several pictures, and with what to look at them.

    The files themselves are read by `uploads`, as they arrive.
    """

    file = MultipleFileField(_("Pictures"))
    detector = SelectField(_("Detector"))

    def offer(self, offered: Mapping[str, Offer]) -> None:
        """Let what there is be chosen."""
        self.detector.choices = [SelectChoice(name, it.label) for name, it in offered.items()]
