"""The commands that show or change one thing: intake, codings, codebook, agreement, reading aids."""
