"""All SQL about people with an account.

`users` are they themselves, `sessions` and `tokens` what they come in with, `links` what lets them
set a password, `operators` the browsers of operators who have no account.
"""
