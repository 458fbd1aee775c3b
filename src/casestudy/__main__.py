"""Run the commands with ``python -m casestudy``."""

from casestudy.cli import main

if __name__ == "__main__":
    main(prog_name="casestudy")
