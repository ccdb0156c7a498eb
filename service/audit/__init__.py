"""What auditors ask for: every change, signed checkpoints, proofs, and bundles."""
