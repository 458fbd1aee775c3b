"""Files of other programs, read strictly: documents with talk, tables, survey exports."""
