"""Files that people send in forms."""
