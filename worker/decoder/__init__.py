"""Media are decoded in a sandboxed child process; this room owns both ends of its pipe."""
