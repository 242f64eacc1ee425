"""What `deepfake doctor` looks at."""
