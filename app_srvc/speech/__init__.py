"""Speech to text: recordings in, transcripts out."""
