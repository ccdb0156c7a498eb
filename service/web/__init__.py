"""The status board, feeds, and the contract over plain HTTP: a gRPC client like any other."""
