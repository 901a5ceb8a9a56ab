"""Reading the task: cues, terms and windows of time, from English to an Intent."""
