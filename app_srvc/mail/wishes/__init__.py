"""Mails about jobs that somebody waits for."""
