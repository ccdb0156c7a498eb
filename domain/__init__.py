"""What a planned visit is, and what may become of it.

Read ``status`` for the rules at a glance, ``values`` for the terms, ``times`` for
the three times, ``events`` for what can happen, ``history`` for what was known
when, and ``visit`` for what may be decided.
"""
