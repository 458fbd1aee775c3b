"""Files of a study to values and back, every problem at once."""
