"""What the service costs, compared with references that are measured in the same run."""
