"""A lane: what takes the records of a cycle and handles one after the other."""
