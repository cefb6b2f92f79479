"""The list of people, for operators: find, lock, send a link, take along."""
