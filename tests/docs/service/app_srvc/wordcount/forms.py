"""What can be sent to have its words counted."""

from flask_wtf import FlaskForm
from wtforms import MultipleFileField

from app_srvc.words import _


class UploadForm(FlaskForm):
    """One or several texts. The files are read by `uploads`, as they arrive."""

    file = MultipleFileField(_("Texts"))
