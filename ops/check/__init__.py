"""What `make check` holds beside formatting, lint, types and import contracts.

- ``manifests``    k8s/: every object is valid and every reference resolves
- ``migrations``   files are well-formed, unique and unchanged since release
- ``schemas``      schema/ is what the code exports and composes
"""
