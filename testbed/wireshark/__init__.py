"""AMP in Wireshark: the layouts of every frame and message, the dissector made from them, and decryption beside it."""
