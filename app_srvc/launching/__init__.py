"""Start, watch and stop the servers and processes of one home, on one machine."""
