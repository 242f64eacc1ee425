"""One Keras detector behind each of the servers that it is compared with.

They run in the environment of requirements/peers.txt and import nothing of this project's service.
"""
