"""User registration: a form that makes an account of a person, through the queue."""
