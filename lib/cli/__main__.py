"""`python -m lib.cli`, where `book` is not installed."""

from lib.cli import main

if __name__ == "__main__":
    main()
