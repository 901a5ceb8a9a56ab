"""The models behind the tools. Nothing here is imported before a picture is to be looked at.

resampling.py  pixels to what a network takes, as torchxrayvision prepares them
densenet.py    DenseNet121 with torchxrayvision's names
pspnet.py      PSPNet with torchxrayvision's names
devices.py     where a model runs, on how many threads, and what happens when memory ends
classifier.py  18 findings
segmenter.py   14 structures
report.py      findings and impression as text
grounding.py   a phrase to boxes, by MAIRA-2 in an environment of its own
"""
