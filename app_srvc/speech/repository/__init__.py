"""Every statement about recordings, transcripts and segments."""
