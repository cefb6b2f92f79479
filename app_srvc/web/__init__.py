"""What every page and every answer has in common, whichever service it is of."""
