"""What every step knows: protobuf's descriptors, names, problems."""
