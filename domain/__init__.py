"""What a planned visit is, and what may become of it.

Read ``status`` for the rules at a glance, ``terms`` and ``values`` for the vocabulary,
``times`` for the three times, ``events`` for what can happen, ``state`` for how each event
changes a visit, ``history`` for what was known when, ``standing`` for how firm a status is,
and ``visit`` for what may be decided.
"""
