"""The store: a raw MIMIC-IV download as typed Parquet, sharded by patient.

STORE/manifest.json                        what the store holds, with a fingerprint
STORE/tables/<table>/<shard>.parquet       rows of patients, sorted by patient and time
STORE/dictionaries/<table>.parquet         tables that speak of no patient
STORE/subjects.parquet                     every patient and the shard that holds them
STORE/vocabulary.sqlite                    dictionaries and candidate tables
STORE/rejected/<table>.csv                 rows that could not be read, with line and reason
"""

from clinseek.toolkits.ehr.store.ingest import ingest
from clinseek.toolkits.ehr.store.manifest import Manifest
from clinseek.toolkits.ehr.store.report import IngestProgress, IngestReport, TableReport
from clinseek.toolkits.ehr.store.store import Store

__all__ = ["IngestProgress", "IngestReport", "Manifest", "Store", "TableReport", "ingest"]
