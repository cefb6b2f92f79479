"""Cherha: slow work behind a web form, and none of it lost."""
