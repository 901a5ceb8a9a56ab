"""The offline policy: what answers in a model's place when there is no model."""

from clinseek.offline.policy import OfflinePolicy

__all__ = ["OfflinePolicy"]
