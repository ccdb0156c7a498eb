"""What a visit, its history and a failure look like to a person."""
