"""Files of other programs: forms that ask the instrument, with the mapping that reads their answers back."""
