"""The pages of records: the boxes they lie in, each of them, and what operators do with them."""
