"""Which step is stale and why; running steps; publishing editions."""

import sys

# Building the grammars of an optional format check takes a second whenever a notebook is read, and no
# notebook uses it. It must stand before the first import of nbformat, so it stands here.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
