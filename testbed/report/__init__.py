"""A run as one HTML page that needs nothing else, and its pictures as files of their own."""
