"""The audit: is a case what was known at its cutoff, no more and no less?"""
