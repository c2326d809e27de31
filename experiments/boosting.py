"""XGBoost on all pixels with a low learning rate and many rounds: too long for a chapter, whose own training is short."""

from __future__ import annotations

import numpy as np  # noqa: F401  the runs were recorded with this line, which their key covers
from xgboost import XGBClassifier

from helpers.data import load_fashion_mnist

QUESTION = "How good is XGBoost when it may take hundreds of rounds?"
SEEDS = (0, 1)
ROUNDS, PATIENCE = 700, 120
VARIANTS = {"long": {"rate": 0.1}}


def train(seed: int, rate: float) -> dict:
    """Rounds until the validation errors have not fallen for a while; then the test images, once."""
    parts = load_fashion_mnist()
    rows, looks, test_rows = (part.images.reshape(-1, 784) for part in parts)
    model = XGBClassifier(
        n_estimators=ROUNDS,
        learning_rate=rate,
        max_depth=8,
        max_bin=32,
        subsample=0.8,
        colsample_bynode=0.1,
        missing=0,
        random_state=seed,
        early_stopping_rounds=PATIENCE,
        eval_metric=["mlogloss", "merror"],
    )
    model.fit(rows, parts.train.labels, eval_set=[(looks, parts.validation.labels)], verbose=False)
    history = model.evals_result()["validation_0"]
    return {
        "validation": model.predict(looks),
        "test": model.predict(test_rows),
        "curve": {
            "val_loss": history["mlogloss"][::10],
            "val_accuracy": [1 - errors for errors in history["merror"][::10]],
        },
        "numbers": {"rounds": int(model.best_iteration) + 1, "nodes": count_nodes(model)},
    }


def count_nodes(model: XGBClassifier) -> int:
    """Questions and leaves of all trees; a tree has a leaf more."""
    chain = model.get_booster()
    questions = sum(chain.get_score(importance_type="weight").values())
    return int(2 * questions) + 10 * chain.num_boosted_rounds()
