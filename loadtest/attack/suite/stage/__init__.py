"""The deployment under attack: what an outsider meets, on loopback."""
