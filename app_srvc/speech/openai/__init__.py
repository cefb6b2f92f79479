"""Transcription as OpenAI's API has it, for programs that speak that."""
