"""The authentication server: devices' records in a database, and RADIUS towards gateways."""
