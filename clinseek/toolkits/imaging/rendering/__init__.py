"""Pictures for people and models: no reading of files, no network.

pictures.py  8 bits, cropped, zoomed, with a grid and a title; as PNG, or as a block of a message
overlays.py  masks and boxes in colours, with a legend
"""
