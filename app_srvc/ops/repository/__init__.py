"""What the overview is made of: as cheap with a million ended jobs as with ten.

Of what has ended only a window of time is read, and no more of it than a limit.
"""
