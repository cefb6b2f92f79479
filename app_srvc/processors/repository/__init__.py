"""All SQL about processors and their records.

PostgreSQL is the queue; rq only wakes workers. `loops` starts and stops processors and opens and
closes their cycles, `lanes` bounds how many handlers work at once, `taking` gives a lane its next
record, `records` and `failing` move it from one state to the next, `sweeping` takes back what is
lost, `intake` takes records in. For people:
`reading` says how processors stand, `parameters` what is set, `boxes` lists what waits for
somebody and lets it go on, `history` and `payloads` know one record, `audit` who did what.
"""
