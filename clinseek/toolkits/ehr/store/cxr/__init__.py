"""A MIMIC-CXR or MIMIC-CXR-JPG download as the one table `cxr`; its images stay where they are."""
