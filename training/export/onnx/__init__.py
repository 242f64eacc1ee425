"""From an ONNX file to a bundle for OpenVINO; TensorFlow is not needed."""
