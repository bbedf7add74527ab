"""flytegen: typed Python models from the protobuf descriptors of an installed package."""
