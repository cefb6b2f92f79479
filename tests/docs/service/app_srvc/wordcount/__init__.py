"""Word counting: a text file in, the number of its words out."""
