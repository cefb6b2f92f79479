"""Every statement about corrections, speakers, links, and the search in transcripts."""
