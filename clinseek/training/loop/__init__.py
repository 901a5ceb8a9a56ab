"""The closed loop on a processor: from a teacher's runs to a student that is evaluated as it was.

`python -m clinseek.training.loop --out DIR` goes the whole road with a cohort that is made up:
patients, questions, a teacher's runs through the graph, the traces worth keeping, a student that is
trained from nothing, served, and asked about patients nobody trained on. Every stage is a command
of clinseek or a call of what that command calls.
"""
