"""The documentation as a site: what mkdocs takes from the code itself while it builds."""
