"""A transcript as a document: corrected, with names of speakers, found, shared, taken along."""
