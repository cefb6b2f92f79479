"""Flower 2.2 at /flower/, for operators: what Celery's workers tell of themselves and their jobs.

It is a process of its own (`python -m app_srvc.flower`), which shows and changes nothing, and lets
in nobody but the web, by a password that both make of SECRET_KEY.
"""
