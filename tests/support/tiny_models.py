"""The smallest models that Whisper's libraries run: of the right shape, and full of noise.

They understand nothing, and have an answer to everything.
"""

import dataclasses
from pathlib import Path
from typing import Any

from app_srvc.speech.recognisers import languages

# Whisper's own numbers: any other, and its libraries take the model for English only.
TEXT_TOKENS = 50257
VOCABULARY = 51865
WIDTH, LETTERS = 16, "abcdefghijklmnop"
SOUND_FRAMES, TEXT_LENGTH, MELS = 1500, 448, 80
TIMES = 1501
# How much louder than their noise the models are told when to end: by then, some words are said.
END_BIAS = 40.0
SURE = 10.0
LAST = 12


def for_ctranslate2(folder: Path) -> Path:
    """Write a model as faster-whisper reads it, and return its folder."""
    import numpy as np
    from ctranslate2.specs import WhisperSpec

    noise = np.random.default_rng(1)

    def weights(*shape: int) -> Any:
        return noise.normal(0, 0.3, shape).astype(np.float32)

    def fill(layer: Any, *shape: int) -> None:
        layer.weight, layer.bias = weights(*shape), np.zeros(shape[0], np.float32)

    def even(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)

    def attend(attention: Any, *widths: int) -> None:
        even(attention.layer_norm)
        for linear, width in zip(attention.linear, widths, strict=True):
            fill(linear, width * WIDTH, WIDTH)

    def feed(layer: Any) -> None:
        even(layer.ffn.layer_norm)
        fill(layer.ffn.linear_0, 4 * WIDTH, WIDTH)
        fill(layer.ffn.linear_1, WIDTH, 4 * WIDTH)

    spec: Any = WhisperSpec(1, 2, 1, 2)
    fill(spec.encoder.conv1, WIDTH, MELS, 3)
    fill(spec.encoder.conv2, WIDTH, WIDTH, 3)
    spec.encoder.position_encodings.encodings = weights(SOUND_FRAMES, WIDTH)
    attend(spec.encoder.layer[0].self_attention, 3, 1)
    feed(spec.encoder.layer[0])
    spec.decoder.embeddings.weight = weights(VOCABULARY, WIDTH)
    spec.decoder.position_encodings.encodings = weights(TEXT_LENGTH, WIDTH)
    attend(spec.decoder.layer[0].self_attention, 3, 1)
    attend(spec.decoder.layer[0].attention, 1, 2, 1)
    feed(spec.decoder.layer[0])
    fill(spec.decoder.projection, VOCABULARY, WIDTH)
    spec.decoder.projection.weight *= SURE
    # Few words, and rarely a mark of time; else it would talk on to the longest text there is.
    spec.decoder.projection.bias[TEXT_TOKENS] = END_BIAS
    spec.decoder.projection.bias[-TIMES:] = -END_BIAS
    even(spec.encoder.layer_norm)
    even(spec.decoder.layer_norm)
    tokens = _tokens()
    spec.register_vocabulary(tokens)
    spec.config.alignment_heads = [(0, 0), (0, 1)]
    spec.config.lang_ids = [n for n, token in enumerate(tokens) if token[2:-2] in _codes()]
    spec.config.suppress_ids = spec.config.suppress_ids_begin = []
    spec.validate()
    spec.optimize()
    folder.mkdir(exist_ok=True)
    spec.save(str(folder))
    _write_tokenizer(folder, tokens)
    return folder


def for_whisper(path: Path) -> Path:
    """Write a model as openai-whisper reads it, and return its file."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    torch.manual_seed(1)
    dims = ModelDimensions(
        n_mels=MELS, n_audio_ctx=SOUND_FRAMES, n_audio_state=WIDTH, n_audio_head=2,
        n_audio_layer=1, n_vocab=VOCABULARY, n_text_ctx=TEXT_LENGTH, n_text_state=WIDTH,
        n_text_head=2, n_text_layer=1,
    )  # fmt: skip
    weights = Whisper(dims).state_dict()
    places = weights["decoder.positional_embedding"]
    tokens = weights["decoder.token_embedding.weight"]
    torch.nn.init.normal_(places, 0, 0.3)
    torch.nn.init.normal_(tokens, 0, 0.3 * SURE)
    # As above, but there is no bias: the first number says whether it is time to end, and the
    # second is made constant.
    tokens[:, :2] = 0.0
    places[:LAST, 0], places[LAST:, 0] = -END_BIAS, END_BIAS
    tokens[TEXT_TOKENS, 0] = END_BIAS
    weights["decoder.ln.weight"][1], weights["decoder.ln.bias"][1] = 0.0, 1.0
    tokens[-TIMES:, 1] = -2 * END_BIAS
    torch.save({"dims": dataclasses.asdict(dims), "model_state_dict": weights}, path)
    return path


def _codes() -> list[str]:
    return [str(languages.for_whisper(tag)) for tag in languages.WHISPER if tag != "yue"]


def _tokens() -> list[str]:
    """Return the vocabulary: words, what controls the model, and marks of time."""
    # The last one is empty, as in Whisper's own: by it CTranslate2 knows that there are languages.
    words = [f"Ġ{_spelled(number)}" for number in range(TEXT_TOKENS - 1)] + [""]
    controls = ["endoftext", "startoftranscript", *_codes(), "translate", "transcribe"]
    controls += ["startoflm", "startofprev", "nospeech", "notimestamps"]
    times = [f"{number * 0.02:.2f}" for number in range(TIMES)]
    return words + [f"<|{name}|>" for name in controls + times]


def _spelled(number: int) -> str:
    return "".join(LETTERS[int(digit, 16)] for digit in f"{number:x}")


def _write_tokenizer(folder: Path, tokens: list[str]) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    known = {token: number for number, token in enumerate(tokens)}
    tokenizer: Any = Tokenizer(models.WordLevel(known, unk_token=tokens[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(folder / "tokenizer.json"))
