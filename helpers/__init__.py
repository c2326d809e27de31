"""What the chapters of the Fashion-MNIST course share.

A thing that a chapter teaches is written out in that chapter. Once taught and needed
again it lives here. TensorFlow is imported only inside the functions that use it.
"""

__version__ = "0.1.0"
