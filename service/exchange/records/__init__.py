"""The official record of travels by the Office of the Historian, U.S. Department of State."""
