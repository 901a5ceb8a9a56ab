"""What the synthetic hospital knows: diseases, laboratory, pharmacy, microbes, ICU items, codes."""
