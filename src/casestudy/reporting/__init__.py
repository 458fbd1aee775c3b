"""What a reader sees, and the guard in front of it."""
