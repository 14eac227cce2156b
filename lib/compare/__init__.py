"""What differs between two days or two data folders, in words."""
