"""A fictional study with planted truth, of any size."""
