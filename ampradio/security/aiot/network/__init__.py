"""The AIoTF: finds, authenticates and commands devices on behalf of an AF (steps 1, 2, 4, 5 and 7)."""
