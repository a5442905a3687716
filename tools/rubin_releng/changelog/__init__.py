"""What merged between two tags."""
