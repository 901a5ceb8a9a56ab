"""What pytest does not collect: doctests of modules whose libraries are not installed."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") else ["clinseek/toolkits/imaging/models/*.py"]
