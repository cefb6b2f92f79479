"""Records that are taken in batches and handled one by one, for as long as a person wants."""
