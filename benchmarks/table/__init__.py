"""The performance table: what each thing costs, beside its target and what the machine allows."""
