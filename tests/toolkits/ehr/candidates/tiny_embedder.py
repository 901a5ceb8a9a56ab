"""A sentence-embedding model of a few thousand random weights, as a folder."""

import json
from pathlib import Path
from typing import Any

WIDTH = 32
WORDS = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "heart", "failure", "kidney", "acute", "chronic",
    "creatinine", "potassium", "blood", "cholera", "hematocrit", "pain", "of", "the", "a", ",",
]  # fmt: skip


def tiny_embedder(folder: Path, *, pooling: str = "mean", seed: int = 0) -> Path:
    """Write config, tokenizer, weights and pooling to `folder`."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    model: Any = BertModel(config)
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    BertTokenizer.from_pretrained(folder).save_pretrained(folder)
    (folder / "1_Pooling").mkdir(exist_ok=True)
    said = {f"pooling_mode_{kind}": kind.partition("_token")[0] == pooling for kind in _POOLINGS}
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": WIDTH, **said})
    )
    return folder


_POOLINGS = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "lasttoken")
