"""All SQL about jobs.

`changes` and `outcomes` move them between states, `reading` shows them, `chores` keeps them
moving.
"""
