"""Links to a transcript, for whoever is given one."""
