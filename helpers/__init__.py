"""What the chapters of the Fashion-MNIST course share.

A thing that a chapter teaches is written out in that chapter. Once taught and needed
again it lives here. Only `models` and `checkpoints` import TensorFlow, so the data chapters start fast.
"""

__version__ = "0.1.0"
