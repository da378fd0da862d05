"""Everything that pytest needs to know is in the plugin."""

pytest_plugins = ["stackproof.plugin"]
