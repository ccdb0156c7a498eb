"""Other people's formats, as pure functions on what the contract says."""
