"""The two clients, alike but for waiting: the asynchronous one, and the one made from it.

``async_*.py`` are written by hand, and ``make shells`` makes ``sync_*.py`` from them by leaving out
what waits. The transports alone, which know the channels of gRPC, are both written by hand.
"""
