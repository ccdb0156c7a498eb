"""The status board: pages for people, feeds, and the contract over HTTP."""
