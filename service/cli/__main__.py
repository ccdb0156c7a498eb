"""``python -m service.cli`` is ``chancery``."""

from service.cli import main

main()
