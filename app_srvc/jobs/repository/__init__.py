"""All SQL about jobs.

`changes` and `outcomes` move them between states, `leases` holds them to their workers,
`deliveries` is what the engine needs, `reading` shows them, `history` and `workers` keep records.
"""
