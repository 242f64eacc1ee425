"""What a bundle is worth: figures by source, and the gate that holds them."""
