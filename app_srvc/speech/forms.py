"""The upload form."""

from flask_wtf import FlaskForm
from wtforms import MultipleFileField

FIELD = "file"


class UploadForm(FlaskForm):
    """One or several recordings. The files themselves are read by `uploads`, as they arrive."""

    file = MultipleFileField("Recordings")
