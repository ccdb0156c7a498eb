"""The link between edges and the core, and the process that starts and watches both."""
