"""How many rows there are of what is kept, and which of them go when.

Nothing here may take long where there are millions: no more than `MOST` rows are looked at for
each answer, and where there are more, the planner's estimate has to do.
"""
