"""The parts of the Python shim. The name is one that no action uses for a module of its own."""
