"""Following the log: the changes committed last, and those who wait for the next.

``ring`` holds them, ``watch`` is one reader's way through the log and the ring.
"""
