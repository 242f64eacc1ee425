"""The subcommands, a file each; heavy packages are imported inside their functions."""
