"""The AP's and the server's end of S1."""
