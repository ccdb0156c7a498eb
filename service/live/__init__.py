"""Following the log: what this process knows of it, and the changes committed last.

``log_view`` learns of commits, ``ring`` holds recent changes, ``watch`` follows log and ring.
"""
