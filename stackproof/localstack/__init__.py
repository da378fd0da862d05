"""LocalStack, and what a developer does with an emulator: set it up with the script, and run the backend's tests against it."""
