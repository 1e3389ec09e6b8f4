"""Bundles on an NVIDIA GPU: by TensorRT where a plan was compiled, else by torch. Imported only where one is wanted.

`plans`, `cache`, `cast` and `operators` need no GPU; `trt` is the only door to TensorRT; the others need torch.
"""
