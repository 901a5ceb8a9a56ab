"""A search engine over corpora of the user's own: nothing leaves the machine."""

from clinseek.toolkits.browser.backends.offline.web import OfflineWeb

__all__ = ["OfflineWeb"]
