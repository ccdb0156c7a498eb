"""What the service costs, each figure beside a bare gRPC server's in the same run."""
