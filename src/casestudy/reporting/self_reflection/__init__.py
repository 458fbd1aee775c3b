"""The instrument as a professional meets it: a page to fill in and keep, and the same on paper."""
