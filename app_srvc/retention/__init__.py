"""For operators: for how long everything is kept, what goes next, and what would go otherwise."""
