"""Webhooks: an address of somebody's own that is told when a job of theirs has ended."""
