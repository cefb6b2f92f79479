"""Workers by command, for who runs them without systemd or a cluster: `manage_worker.py`."""
