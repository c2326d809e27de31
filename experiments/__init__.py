"""Questions that need many trainings. One module each: QUESTION, VARIANTS, SEEDS and `train(seed, **settings)`.

`make experiments` trains what is missing in the evidence bank, results/runs/, from which chapters read.
"""
